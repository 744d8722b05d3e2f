"""What ends a dialogue that goes round in circles."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from tests.dialogue.talk import Talk, refused, talking
from tests.journeys.garage import MISFIRE, open_garage
from tests.parties.making import unique

from thingdesk import parties
from thingdesk.cases import MOST_HOPS, hops_of
from thingdesk.dialogue import KEPT, MOST_TURNS, Asked
from thingdesk.parties import Role
from thingdesk.platform import clock
from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def talk(database: Database) -> AsyncIterator[Talk]:
    async with talking(await open_garage(database)) as one:
        yield one


async def test_a_dialogue_that_gets_nowhere_ends_and_staff_are_told_once(talk: Talk) -> None:
    async with talk.hand.database.transaction() as tx:
        email = f"{unique('agent')}@example.org"
        staff = await parties.add_staff(tx, email, "Agent", {Role.AGENT})
    caller, other = await talk.car(), await talk.car()
    turnable = clock.Turnable()
    with clock.reading(turnable):
        for _ in range(MOST_TURNS):
            await talk.dialogue.turn(caller, "chat-1")
        for _ in range(5):
            assert await refused(talk.dialogue.turn(caller, "chat-1")) == "stalemate"
        await talk.dialogue.turn(caller, "chat-2")
        await talk.dialogue.turn(other, "chat-1")
        async with talk.hand.database.transaction() as tx:
            told = await tx.fetchval(
                "select count(*) from notice where to_id = $1 and words like $2",
                str(staff.id),
                f"%{caller.machine}%chat-1%",
            )
        assert told == 1
        turnable.turn(timedelta(days=1))
        await talk.dialogue.turn(caller, "chat-1")


async def test_turns_are_kept_for_a_day(talk: Talk) -> None:
    caller = await talk.car()
    turnable = clock.Turnable()
    with clock.reading(turnable):
        await talk.dialogue.turn(caller, "chat")
        turnable.turn(timedelta(days=1, seconds=1))
        async with talk.hand.database.transaction() as tx:
            for one in KEPT:
                await one.let_go(tx)
            left = await tx.fetchval(
                "select count(*) from dialogue_turn where machine = $1", caller.machine
            )
    assert left == 0


async def test_what_has_gone_through_too_many_hands_goes_no_further(talk: Talk) -> None:
    caller = await talk.car()
    ask = talk.dialogue.ask(caller, "vehicle.repair", MISFIRE, hops=MOST_HOPS + 1)
    assert await refused(ask) == "too_many_hops"
    assert not (await talk.dialogue.cases(caller)).cases
    assert await refused(talk.dialogue.turn(caller, "chat", hops=-1)) == "unfit_hops"
    asked = await talk.dialogue.ask(caller, "vehicle.repair", MISFIRE, hops=MOST_HOPS)
    assert asked.case_id
    await talk.dialogue.ask(caller, "vehicle.repair", MISFIRE, hops=1)
    async with talk.hand.database.transaction() as tx:
        assert await hops_of(tx, [asked.case_id]) == {asked.case_id: MOST_HOPS}


async def test_ten_thousand_replays_change_nothing_after_the_first(talk: Talk) -> None:
    caller = await talk.car()

    async def again() -> Asked:
        return await talk.dialogue.ask(caller, "vehicle.repair", MISFIRE, request_id="once")

    first = await again()
    assert first.case_id
    before = await talk.dialogue.case(caller, first.case_id)
    for _ in range(100):
        answers = await asyncio.gather(*(again() for _ in range(100)))
        assert {one.case_id for one in answers} == {first.case_id}
    assert await talk.dialogue.case(caller, first.case_id) == before


@pytest.mark.parametrize("context", ["", "x" * 129, "a\nb"])
async def test_a_context_is_short_and_plain(talk: Talk, context: str) -> None:
    caller = await talk.car()
    assert await refused(talk.dialogue.turn(caller, context)) == "unfit_context"
