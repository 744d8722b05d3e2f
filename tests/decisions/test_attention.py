import asyncio
from datetime import timedelta

import pytest
from tests.decisions.asking import (
    DAY,
    answer,
    approval,
    ask,
    get,
    history,
    messages,
    new_owner,
    question,
)

from thingdesk import decisions, notices, parties, timeline
from thingdesk.decisions import State
from thingdesk.notices import Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


async def budget(desk: Database, questions: int) -> None:
    async with desk.transaction() as tx:
        await decisions.set_attention(tx, questions)


@pytest.mark.usefixtures("monday")
async def test_beyond_the_budget_a_default_is_taken_at_once_and_recorded(desk: Database) -> None:
    owner, other = await new_owner(desk), await new_owner(desk)
    await budget(desk, 2)
    await ask(desk, question(owner), question(owner))
    one, others = question(owner), question(other)
    await ask(desk, one, others)
    assert (await get(desk, others)).state is State.OPEN
    spared = await get(desk, one)
    assert (spared.state, spared.chosen, spared.notice_id) == (State.SPARED, "mon", None)
    assert await messages(desk, one) == [spared.message()]
    assert await history(desk, one) == ["decision.spared"]
    async with desk.transaction() as tx:
        assert await notices.of_case(tx, one.case_id) == []
    with pytest.raises(Refused, match="decision_spared"):
        await answer(desk, one, "tue", Recipient.owner(owner))


@pytest.mark.usefixtures("monday")
async def test_an_approval_beyond_the_budget_is_asked_and_never_a_yes(desk: Database) -> None:
    owner = await new_owner(desk)
    await budget(desk, 0)
    permitted, needed = approval(owner), question(owner, default=None)
    danger, spared = question(owner, safety=True), question(owner)
    await ask(desk, permitted, needed, danger, spared)
    states = [(await get(desk, one)).state for one in (permitted, needed, danger, spared)]
    assert states == [State.OPEN, State.OPEN, State.OPEN, State.SPARED]


@pytest.mark.usefixtures("monday")
async def test_safety_uses_up_no_attention(desk: Database) -> None:
    owner = await new_owner(desk)
    await budget(desk, 1)
    await ask(desk, *(question(owner, safety=True) for _ in range(3)))
    one = question(owner)
    await ask(desk, one)
    assert (await get(desk, one)).state is State.OPEN


async def test_the_next_week_of_the_owners_zone_is_a_new_one(
    desk: Database, monday: clock.Turnable
) -> None:
    owner = await new_owner(desk, "Pacific/Auckland")
    await budget(desk, 1)
    await ask(desk, question(owner))
    # Sunday, 12:30 UTC: Monday in Auckland
    monday.turn(6 * DAY + timedelta(minutes=30))
    one = question(owner)
    await ask(desk, one)
    assert (await get(desk, one)).state is State.OPEN
    again = question(owner)
    await ask(desk, again)
    assert (await get(desk, again)).state is State.SPARED


@pytest.mark.usefixtures("monday")
async def test_who_asks_at_the_same_time_cannot_ask_more_than_the_budget(desk: Database) -> None:
    owner = await new_owner(desk)
    await budget(desk, 3)
    questions = [question(owner) for _ in range(12)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(ask(desk, one) for one in questions))
    states = [(await get(desk, one)).state for one in questions]
    assert (states.count(State.OPEN), states.count(State.SPARED)) == (3, 9)


async def test_the_budget_is_three_until_it_is_set(desk: Database) -> None:
    async with desk.transaction() as tx:
        assert await decisions.attention(tx) == 3
        await decisions.set_attention(tx, 0)
        assert await decisions.attention(tx) == 0
        with pytest.raises(ValueError, match="-1"):
            await decisions.set_attention(tx, -1)
    async with desk.transaction() as tx:
        assert [each.kind for each in await timeline.read(tx, "desk")] == ["attention.set"]


@pytest.mark.usefixtures("monday")
async def test_an_owner_has_a_number_of_their_own(desk: Database) -> None:
    owner, usual = await new_owner(desk), await new_owner(desk)
    await budget(desk, 1)
    async with desk.transaction() as tx:
        await decisions.choose_attention(tx, owner, 0)
        assert await decisions.attention_of(tx, [owner, usual]) == {owner: 0, usual: 1}
    one, others = question(owner), question(usual)
    await ask(desk, one, others)
    assert [(await get(desk, each)).state for each in (one, others)] == [State.SPARED, State.OPEN]
    async with desk.transaction() as tx:
        await decisions.choose_attention(tx, owner, 2)
    await ask(desk, *(question(owner) for _ in range(2)))
    last = question(owner)
    await ask(desk, last)
    assert (await get(desk, last)).state is State.SPARED
    async with desk.transaction() as tx:
        found = await parties.get_owner(tx, owner)
        assert found
        assert await decisions.asked_this_week(tx, found) == 2
        await decisions.choose_attention(tx, owner, None)
        assert await decisions.attention_of(tx, [owner]) == {owner: 1}
        with pytest.raises(ValueError, match="-1"):
            await decisions.choose_attention(tx, owner, -1)
    async with desk.transaction() as tx:
        events = await timeline.read(tx, f"owner:{owner}")
    chosen = [each.value for each in events if each.kind == "attention.chosen"]
    assert [value and value["questions"] for value in chosen] == [0, 2, None]
