import asyncio

import pytest
from tests.decisions.asking import (
    DAY,
    STAFF,
    answer,
    approval,
    ask,
    get,
    history,
    messages,
    new_owner,
    question,
)

from thingdesk import decisions, notices
from thingdesk.decisions import Decision, Option, Question, State
from thingdesk.notices import Channel, Recipient
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.durable import Engine, Message, Priority, Run, start
from thingdesk.platform.errors import Refused


async def test_a_run_that_asks_goes_on_with_the_answer(desk: Database) -> None:
    owner = await new_owner(desk)
    asked: list[Question] = []
    heard: list[Message | None] = []

    async def choosing(run: Run) -> None:
        async def put() -> None:
            asked.append(question(owner, run_id=run.id))
            await decisions.ask(run.tx, asked[0])

        await run.step("ask", put)
        heard.append(await run.wait("choose"))

    async with desk.transaction() as tx:
        start(tx, ids.new(), "choosing", None, priority=Priority.NORMAL)
    engine = Engine(desk, {"choosing": choosing})
    assert await engine.once() == 1
    assert await engine.once() == 0
    settled = await answer(desk, asked[0], "tue", Recipient.owner(owner))
    assert await engine.once() == 1
    assert heard == [Message("choose", settled.message())]
    assert settled.message()["data"] == {"slot": 2}


async def test_what_is_asked_is_kept_as_it_was_asked(desk: Database) -> None:
    owner = await new_owner(desk)
    one = question(owner, safety=True, words="Wörter <b>; drop")
    await ask(desk, one)
    found = await get(desk, one)
    assert found.question == one
    assert found.state is State.OPEN
    async with desk.transaction() as tx:
        assert await decisions.open_for_owner(tx, owner) == [found]
        assert await decisions.of_case(tx, one.case_id) == [found]


async def test_the_owner_is_told_with_the_page_until_it_is_answered(
    desk: Database, turnable: clock.Turnable
) -> None:
    owner = await new_owner(desk, "America/Fortaleza")
    one = question(owner, deadline=clock.now() + 5 * DAY)
    await ask(desk, one)
    async with desk.transaction() as tx:
        [mail] = await notices.claim_due(tx, Channel.MAIL, 10)
        await notices.delivered(tx, [mail.id])
    assert mail.notice.to == Recipient.owner(owner)
    assert mail.notice.page == notices.Page("decision", one.id, one.deadline + 30 * DAY)
    assert "(America/Fortaleza)" in mail.notice.words
    await answer(desk, one, "tue", Recipient.owner(owner))
    turnable.turn(2 * DAY)
    async with desk.transaction() as tx:
        assert await notices.claim_due(tx, Channel.MAIL, 10) == []
        assert await decisions.open_for_owner(tx, owner) == []
    assert await history(desk, one) == [
        "decision.asked",
        "notice.told",
        "decision.answered",
        "notice.acknowledged",
    ]


async def test_an_answer_binds_and_repeating_it_changes_nothing(desk: Database) -> None:
    owner = await new_owner(desk)
    one = question(owner)
    await ask(desk, one)
    first = await answer(desk, one, "tue", Recipient.owner(owner))
    assert await answer(desk, one, "tue", Recipient.owner(owner)) == first
    with pytest.raises(Refused, match="answered already: “Tuesday”") as refused:
        await answer(desk, one, "mon", Recipient.owner(owner))
    assert refused.value.refusal.code == "decision_answered"
    assert (await get(desk, one)).chosen == "tue"
    assert await messages(desk, one) == [first.message()]
    assert (await history(desk, one)).count("decision.answered") == 1


async def test_of_answers_at_the_same_time_exactly_one_binds(desk: Database) -> None:
    names = [f"slot-{n}" for n in range(8)]
    one = question(None, options=tuple(Option(n, n) for n in names), default=None)
    await ask(desk, one)
    staff = [Recipient.staff(ids.new()) for _ in names]
    together = asyncio.Barrier(len(names))

    async def race(name: str, by: Recipient) -> Decision | str:
        async with desk.transaction() as tx:
            await tx.execute("select 1")
            await together.wait()
            try:
                return await decisions.answer(tx, one.id, name, by)
            except Refused as refused:
                return refused.refusal.reason

    async with asyncio.timeout(60):
        answers = await asyncio.gather(*(race(*pair) for pair in zip(names, staff, strict=True)))
    [won] = [each for each in answers if isinstance(each, Decision)]
    lost = [each for each in answers if not isinstance(each, Decision)]
    assert lost == [f"This was answered already: “{won.chosen}”."] * 7
    assert await messages(desk, one) == [won.message()]
    assert (await get(desk, one)) == won


async def test_the_same_answer_by_another_of_the_staff_is_too_late(desk: Database) -> None:
    one = question(None)
    await ask(desk, one)
    await answer(desk, one, "mon", STAFF)
    with pytest.raises(Refused, match="decision_answered"):
        await answer(desk, one, "mon", Recipient.staff(ids.new()))
    assert (await get(desk, one)).by == STAFF


async def test_only_who_was_asked_can_answer(desk: Database) -> None:
    owner = await new_owner(desk)
    one, staffs = approval(owner), question(None)
    await ask(desk, one, staffs)
    for stranger in (Recipient.owner(ids.new()), STAFF, Recipient.machine(str(owner))):
        with pytest.raises(Refused, match="decision_not_yours"):
            await answer(desk, one, "yes", stranger)
    with pytest.raises(Refused, match="decision_not_yours"):
        await answer(desk, staffs, "mon", Recipient.owner(owner))
    assert await messages(desk, one) == []


async def test_an_unknown_option_or_question_is_refused_with_what_there_is(desk: Database) -> None:
    one = question(None)
    with pytest.raises(Refused, match="decision_unknown"):
        await answer(desk, one, "mon", STAFF)
    await ask(desk, one)
    with pytest.raises(Refused, match="option_unknown") as refused:
        await answer(desk, one, "wed", STAFF)
    assert refused.value.refusal.fields[0].mend == "give one of: mon, tue"
    assert (await get(desk, one)).state is State.OPEN


async def test_staff_are_asked_on_their_pages_and_get_no_mail(desk: Database) -> None:
    one = question(None)
    heard = asyncio.Event()
    async with desk.listening(decisions.CHANNEL, heard.set):
        await ask(desk, one)
        async with asyncio.timeout(60):
            await heard.wait()
    async with desk.transaction() as tx:
        assert [each.question for each in await decisions.open_for_staff(tx)] == [one]
        assert await notices.of_case(tx, one.case_id) == []
    await answer(desk, one, "mon", STAFF)
    async with desk.transaction() as tx:
        assert await decisions.open_for_staff(tx) == []


async def test_a_run_asks_once_under_a_key(desk: Database) -> None:
    one = question(None)
    await ask(desk, one)
    with pytest.raises(Exception, match="decision_run_id_key"):
        await ask(desk, question(None, run_id=one.run_id))
