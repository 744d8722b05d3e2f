from tests.decisions.asking import answer, approval, ask, new_owner, question

from thingdesk import decisions
from thingdesk.notices import Recipient
from thingdesk.platform import ids
from thingdesk.platform.database import Database


async def test_to_pick_a_date_is_no_trouble_but_to_approve_or_to_ask_staff_is(
    desk: Database,
) -> None:
    owner = await new_owner(desk)
    date, permitted, judged = question(owner), approval(owner), question(None)
    await ask(desk, date, permitted, judged)
    await answer(desk, permitted, "yes", Recipient.owner(owner))
    async with desk.transaction() as tx:
        cases = [date.case_id, permitted.case_id, judged.case_id, ids.new()]
        assert await decisions.troubled(tx, cases) == {permitted.case_id, judged.case_id}
        assert await decisions.troubled(tx, []) == set()
