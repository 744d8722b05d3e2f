"""Who may not, does not; who floods waits for themselves; and what is personal stays with us."""

import asyncio
from datetime import timedelta

import pytest
from tests.contact.holding import MINUTE, NUMBER, Holding, refusal

from thingdesk import contact
from thingdesk.contact import MOST_A_DAY, MOST_OPEN
from thingdesk.platform import clock
from thingdesk.platform.errors import Refused


async def test_another_owner_sees_and_changes_nothing(desk: Holding) -> None:
    _, hold = await desk.asked("mine")
    other = await desk.owner("other")
    await desk.take(await desk.person())
    before = await desk.get(hold)
    for work in (
        desk.see(other[0], hold),
        desk.here(other, hold),
        desk.leave(other[0], hold),
        desk.call_back(other[0], hold, clock.now()),
        desk.see(other[0], other[0]),
    ):
        assert (await refusal(work)).code == "hold_unknown"
    assert await desk.get(hold) == before
    case = await desk.case(await desk.owner("whose"))
    assert (await refusal(desk.ask(other, case_id=case))).code == "case_unknown"


async def test_a_flood_of_one_owner_is_bounded(desk: Holding, turning: clock.Turnable) -> None:
    flooding, other = await desk.owner("flood"), await desk.owner("calm")
    works = [desk.ask(flooding, f"Matter {n}") for n in range(12)]
    found = await asyncio.gather(*works, return_exceptions=True)
    codes = [one.refusal.code for one in found if isinstance(one, Refused)]
    assert codes == ["too_many_holds"] * (12 - MOST_OPEN)
    assert (await desk.ask(other)).place == MOST_OPEN + 1
    holds = [one.hold for one in found if not isinstance(one, BaseException)]
    asked = MOST_OPEN
    while asked < MOST_A_DAY:
        await desk.leave(flooding[0], holds.pop())
        holds.append((await desk.ask(flooding, f"One more {asked}")).hold)
        asked += 1
    await desk.leave(flooding[0], holds.pop())
    assert (await refusal(desk.ask(flooding, "One more"))).code == "too_many_holds"
    turning.turn(timedelta(days=1, minutes=1))
    assert (await desk.ask(flooding, "A day later")).place == 4


@pytest.mark.parametrize("words", ["", "  ", "\0", "x" * (contact.MOST_WORDS + 1)])
async def test_it_ends_with_words(desk: Holding, words: str) -> None:
    _, hold = await desk.asked("words")
    staff = await desk.person()
    await desk.take(staff)
    assert (await refusal(desk.end(staff, hold, words))).code == "invalid_input"


async def test_how_the_owner_is_reached_is_told_nobody_and_not_kept(
    desk: Holding, turning: clock.Turnable
) -> None:
    owner = await desk.owner("private")
    hold = (await desk.ask(owner, "Call +4930999 about secrets")).hold
    staff = await desk.person()
    await desk.take(staff)
    turning.turn(6 * MINUTE)
    await desk.tick()
    await desk.take(staff)
    await desk.here(owner, hold)
    await desk.end(staff, hold)
    async with desk.database.transaction() as tx:
        rows = await tx.fetch("select value::text from timeline_value")
        said = [*(str(row["value"]) for row in rows), *map(str, await desk.told(owner[1]))]
        assert any(str(hold) in one for one in said)
        assert not [one for one in said if NUMBER in one or "secrets" in one]
        await contact.erase(tx, owner[0])
    found = await desk.get(hold)
    assert (found.about, found.reach, found.words) == ("(erased)", None, None)
