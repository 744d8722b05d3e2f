"""What counts as zero-touch, from the timeline alone."""

from dataclasses import replace

from tests.decisions.asking import answer, approval, ask, new_owner, question

from thingdesk import timeline
from thingdesk.journeys.events import JourneyRetried
from thingdesk.notices import Recipient
from thingdesk.platform import ids
from thingdesk.platform.database import Database
from thingdesk.web.staff.touch import zero_touch


async def test_to_choose_a_date_is_no_touch_but_to_permit_or_to_need_staff_is(
    database: Database,
) -> None:
    owner = await new_owner(database)
    date, permitted, judged = question(owner), approval(owner), question(None)
    both = question(owner)  # the choice of a date that permits it as well
    both = replace(
        both,
        options=tuple(replace(one, approves="a" * 64) for one in both.options),
        default=None,
    )
    await ask(database, date, permitted, judged, both)
    await answer(database, permitted, "yes", Recipient.owner(owner))
    unasked, retried = ids.new(), ids.new()
    async with database.transaction() as tx:
        again = JourneyRetried(str(ids.new()), "oven.descale", "1", "Staff")
        timeline.append(tx, f"case:{retried}", again)

    async def is_zero_touch(case: object) -> bool:
        async with database.transaction() as tx:
            return await zero_touch(tx, [case]) == 1  # type: ignore[list-item]

    untouched = [unasked, date.case_id, both.case_id]
    touched = [permitted.case_id, judged.case_id, retried]
    assert [await is_zero_touch(one) for one in untouched + touched] == [True] * 3 + [False] * 3
    async with database.transaction() as tx:
        assert await zero_touch(tx, untouched + touched) == len(untouched)
        assert await zero_touch(tx, []) == 0
        await timeline.erase_streams(tx, [f"case:{date.case_id}"])
        assert await zero_touch(tx, [date.case_id]) == 0, "nobody knows any more what was asked"
