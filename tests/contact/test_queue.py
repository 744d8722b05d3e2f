"""The queue: who is next, what is told, and who of two has it."""

import asyncio
from datetime import timedelta

from tests.contact.holding import MINUTE, Holding, refusal

from thingdesk import contact
from thingdesk.contact import MOST_OPEN, State
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery, Refused


async def test_they_stand_as_they_came_and_one_more_ask_is_the_same_place(desk: Holding) -> None:
    first, second = await desk.owner("first"), await desk.owner("second")
    one = await desk.ask(first)
    two = await desk.ask(second, "A  BILL ")
    again = await desk.ask(second, "a bill", "https://meet.example.org/7")
    assert (one.place, two.place, again.place) == (1, 2, 2)
    assert again.hold == two.hold != one.hold
    assert (await desk.get(two.hold)).reach == "https://meet.example.org/7"
    assert one.wait is None
    assert one.words == "Number 1 in the queue: how long it takes is not known yet."
    assert (await desk.kinds(f"owner:{second[0]}"))[-1] == "hold.asked"


async def test_another_matter_is_another_place(desk: Holding) -> None:
    owner = await desk.owner("busy")
    found = {(await desk.ask(owner, f"Matter {n}")).hold for n in range(MOST_OPEN)}
    assert len(found) == MOST_OPEN


async def test_a_person_is_ready_and_the_machine_is_told(
    desk: Holding, turning: clock.Turnable
) -> None:
    owner, hold = await desk.asked("told")
    staff = await desk.person()
    turning.turn(3 * MINUTE)
    taken = await desk.take(staff)
    assert (taken.id, taken.state, taken.staff_id) == (hold, State.READY, staff)
    ((kind, data, words),) = await desk.told(owner[1])
    assert kind == "hold.ready"
    assert data["state"] == "ready"
    assert data["until"] == (taken.since + contact.COMES_WITHIN).isoformat()
    assert "09:08 (Europe/Berlin)" in words
    assert (await desk.here(owner, hold)).state is State.TALKING
    assert (await desk.here(owner, hold)).state is State.TALKING, "said twice is said once"
    turning.turn(10 * MINUTE)
    ended = await desk.end(staff, hold, "Explained the bill.")
    assert await desk.end(staff, hold, "Explained the bill.") == ended
    assert (ended.state, ended.reach, ended.words) == (State.ENDED, None, "Explained the bill.")
    assert (await desk.see(owner[0], hold)).words == "Explained the bill."
    kind, data, words = (await desk.told(owner[1]))[-1]
    assert (kind, data["state"]) == ("hold.ended", "ended")
    assert "bill" not in words, "the machine stays when its owner is forgotten"
    kinds = await desk.kinds(f"owner:{owner[0]}")
    assert kinds[-4:] == ["hold.asked", "hold.taken", "hold.handed_over", "hold.ended"]


async def test_the_wait_is_what_was_measured(desk: Holding, turning: clock.Turnable) -> None:
    staff = await desk.person()
    for n in range(3):
        owner, hold = await desk.asked(f"measured-{n}")
        await desk.take(staff, hold)
        await desk.here(owner, hold)
        turning.turn(12 * MINUTE)
        await desk.end(staff, hold)
    assert (await desk.ask(await desk.owner("free"))).wait == timedelta()
    await desk.take(staff)
    places = [await desk.ask(await desk.owner(f"wait-{n}")) for n in range(2)]
    minutes = [round(one.wait / MINUTE) for one in places if one.wait is not None]
    assert minutes == [12, 24]
    assert "Number 2 in the queue: a person is expected in about 24 minutes." in places[1].words
    turning.turn(timedelta(hours=2))
    await desk.tick()  # whom they had did not come, so nobody serves the queue any more
    assert (await desk.see((await desk.get(places[0].hold)).owner_id, places[0].hold)).wait is None


async def test_places_that_moved_are_told_sparingly(desk: Holding, turning: clock.Turnable) -> None:
    holds = [await desk.asked(f"row-{n}") for n in range(4)]
    assert await desk.tick() == 0, "they know their place"
    staff = [await desk.person() for _ in range(2)]
    await desk.take(staff[0])
    assert await desk.tick() == 0, "they were told just now"
    turning.turn(3 * MINUTE)
    assert await desk.tick() == 3
    assert await desk.tick() == 0
    owner, last = holds[3]
    ((kind, data, _),) = await desk.told(owner[1])
    assert (kind, data["place"], data["hold"]) == ("hold.moved", 3, str(last))


async def test_of_two_who_take_the_same_one_has_it(desk: Holding) -> None:
    _, hold = await desk.asked("wanted")
    staff = [await desk.person() for _ in range(5)]
    took = await asyncio.gather(*(desk.take(one, hold) for one in staff), return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in took) == 1
    refused = [one.refusal.code for one in took if isinstance(one, Refused)]
    assert refused == ["hold_taken"] * 4


async def test_staff_who_take_the_next_at_once_get_one_each(desk: Holding) -> None:
    wanted = {(await desk.asked(f"each-{n}"))[1] for n in range(4)}
    staff = [await desk.person() for _ in range(6)]
    took = await asyncio.gather(*(desk.take(one) for one in staff), return_exceptions=True)
    assert {one.id for one in took if not isinstance(one, BaseException)} == wanted
    codes = [one.refusal.code for one in took if isinstance(one, Refused)]
    assert codes == ["nobody_waits"] * 2


async def test_one_of_the_staff_has_one_at_a_time(desk: Holding) -> None:
    for n in range(2):
        await desk.asked(f"two-{n}")
    staff = await desk.person()
    took = await asyncio.gather(*(desk.take(staff) for _ in range(3)), return_exceptions=True)
    codes = [one.refusal.code for one in took if isinstance(one, Refused)]
    assert codes == ["hold_in_hand"] * 2


async def test_withdrawn_while_it_is_taken_it_is_one_or_the_other(desk: Holding) -> None:
    for n in range(6):
        owner, hold = await desk.asked(f"race-{n}")
        staff = await desk.person()
        await asyncio.gather(
            desk.take(staff, hold), desk.leave(owner[0], hold), return_exceptions=True
        )
        found = await desk.get(hold)
        assert found.state in (State.READY, State.WITHDRAWN)
        assert (found.state is State.WITHDRAWN) == (found.ended_at is not None)
        if found.state is State.READY:
            await desk.miss(staff, hold)


async def test_who_asks_twice_at_once_has_one_place(desk: Holding) -> None:
    owner = await desk.owner("twice")
    found = await asyncio.gather(*(desk.ask(owner) for _ in range(8)))
    assert len({one.hold for one in found}) == 1


async def test_safety_is_served_first_and_who_was_missed_before_who_waits(
    desk: Holding, turning: clock.Turnable
) -> None:
    owner, missed = await desk.asked("missed")
    staff = await desk.person()
    await desk.take(staff, missed)
    _, early = await desk.asked("early")
    case = await desk.case(owner, safety=True)
    safety = (await desk.ask(owner, case_id=case)).hold
    turning.turn(6 * MINUTE)
    await desk.tick()
    async with desk.database.transaction() as tx:
        shown = await contact.board(tx, 10)
    assert [one.id for one in shown.waiting] == [safety, missed, early]
    assert [one.id for one in sorted(shown.waiting, key=lambda one: one.rank)] == [
        safety, missed, early,
    ]  # fmt: skip
    kinds = [kind for kind, _, _ in await desk.told(owner[1])]
    assert kinds == ["hold.ready", "hold.missed"]


async def test_who_does_not_come_twice_is_proposed_a_call_back_and_then_waited_for_no_longer(
    desk: Holding, turning: clock.Turnable
) -> None:
    owner, hold = await desk.asked("away")
    staff = await desk.person()
    for state in (State.WAITING, State.MISSED):
        await desk.take(staff, hold)
        turning.turn(4 * MINUTE)
        assert await desk.tick() == 0
        turning.turn(MINUTE)
        await desk.tick()
        assert (await desk.get(hold)).state is state
    kind, data, words = (await desk.told(owner[1]))[-1]
    assert kind == "hold.missed"
    assert len(data["call_back_times"]) == 6
    assert "book a call back" in words
    turning.turn(timedelta(hours=23))
    await desk.tick()
    assert (await desk.get(hold)).state is State.MISSED
    turning.turn(timedelta(hours=2))
    await desk.tick()
    found = await desk.get(hold)
    assert (found.state, found.reach) == (State.ENDED, None)


async def test_who_was_missed_and_asks_again_waits_behind_all_others(
    desk: Holding, turning: clock.Turnable
) -> None:
    owner, hold = await desk.asked("again")
    staff = await desk.person()
    for _ in range(2):
        await desk.take(staff, hold)
        await desk.miss(staff, hold)
    await desk.asked("other")
    turning.turn(MINUTE)
    found = await desk.ask(owner)
    assert (found.hold, found.place, found.state) == (hold, 2, State.WAITING)


async def test_what_is_over_stays_over(desk: Holding) -> None:
    owner, hold = await desk.asked("over")
    assert (await refusal(desk.here(owner, hold))).code == "hold_not_ready"
    assert (await refusal(desk.here(owner, hold))).recovery is Recovery.RETRY
    left = await desk.leave(owner[0], hold)
    assert (left.state, left.reach) == (State.WITHDRAWN, None)
    assert await desk.leave(owner[0], hold) == left
    staff = await desk.person()
    for work in (desk.here(owner, hold), desk.end(staff, hold), desk.miss(staff, hold)):
        assert (await refusal(work)).code == "hold_over"
    assert (await refusal(desk.take(staff, hold))).code == "hold_taken"
    assert (await refusal(desk.call_back(owner[0], hold, clock.now()))).code == "hold_over"
    assert (await desk.ask(owner)).hold != hold


async def test_who_talks_is_not_withdrawn(desk: Holding) -> None:
    owner, hold = await desk.asked("talks")
    staff = await desk.person()
    await desk.take(staff)
    await desk.here(owner, hold)
    assert (await refusal(desk.leave(owner[0], hold))).code == "hold_over"


async def test_what_came_of_it_stands_with_its_case(desk: Holding) -> None:
    owner = await desk.owner("cased")
    case = await desk.case(owner)
    hold = (await desk.ask(owner, case_id=case)).hold
    staff = await desk.person()
    await desk.take(staff)
    await desk.end(staff, hold, "Sent a new key.")
    assert (await desk.told(owner[1]))[-1][2] == "Sent a new key."
    kinds = await desk.kinds(f"case:{case}")
    assert [one for one in kinds if one.startswith("hold.")] == [
        "hold.asked", "hold.taken", "hold.ended",
    ]  # fmt: skip
