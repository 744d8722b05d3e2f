"""What an assistant asked for under a mandate ends with that, and nobody is called in vain."""

from datetime import timedelta

from tests.contact.holding import Holding, refusal

from thingdesk.contact import State
from thingdesk.platform import clock

DAY = timedelta(days=1)


async def test_it_ends_with_the_mandate_and_machine_and_staff_are_told(desk: Holding) -> None:
    owner, other = await desk.owner("one"), await desk.owner("two")
    given, kept = await desk.mandate(owner), await desk.mandate(other)
    hold = (await desk.ask(owner, mandate_id=given)).hold
    also = (await desk.ask(owner, "Another matter", mandate_id=given)).hold
    goes_on = (await desk.ask(other, mandate_id=kept)).hold
    own = (await desk.ask(owner, "By its own key")).hold
    person = await desk.person()
    assert (await desk.take(person)).id == hold
    assert await desk.look() == 0
    await desk.stop(owner, given)
    assert await desk.look() == 2
    assert await desk.look() == 0
    for one in (hold, also):
        ended = await desk.get(one)
        assert (ended.state, ended.reach) == (State.WITHDRAWN, None)
    assert [(await desk.get(one)).state for one in (goes_on, own)] == [State.WAITING] * 2
    told = [kind for kind, *_ in await desk.told(owner[1]) if kind == "hold.withdrawn"]
    assert len(told) == 2
    heard = [words for kind, _, words in await desk.told(str(person)) if kind == "hold.withdrawn"]
    assert len(heard) == 2
    assert owner[1] in heard[0]
    assert (await desk.take(person)).id == goes_on, "who had it is free for the next"


async def test_it_ends_when_the_time_of_the_mandate_is_over(
    desk: Holding, turning: clock.Turnable
) -> None:
    owner = await desk.owner("one")
    given = await desk.mandate(owner, ends=clock.now() + DAY)
    hold = (await desk.ask(owner, mandate_id=given)).hold
    assert await desk.look() == 0
    turning.turn(DAY)
    assert await desk.look() == 1
    assert (await desk.get(hold)).over


async def test_an_owner_who_talks_already_goes_on_and_the_assistant_hears_nothing_of_it(
    desk: Holding,
) -> None:
    owner, person = await desk.owner("one"), await desk.person()
    given = await desk.mandate(owner)
    case = await desk.case(owner)
    hold = (await desk.ask(owner, mandate_id=given, case_id=case)).hold
    await desk.take(person)
    await desk.here(owner, hold)
    await desk.ask(owner, "Another matter", mandate_id=given)
    await desk.stop(owner, given)
    assert await desk.look() == 1
    assert (await desk.get(hold)).state is State.TALKING
    await desk.end(person, hold, "The assistant may do nothing any more.")
    assert "may do nothing" not in str(await desk.told(owner[1]))
    assert "hold.ended" not in [kind for kind, *_ in await desk.told(owner[1])]


async def test_what_a_machine_wants_by_its_own_key_too_needs_no_mandate(desk: Holding) -> None:
    owner = await desk.owner("one")
    given = await desk.mandate(owner)
    hold = (await desk.ask(owner, mandate_id=given)).hold
    assert (await desk.ask(owner)).hold == hold
    assert (await desk.ask(owner, mandate_id=given)).hold == hold
    await desk.stop(owner, given)
    assert await desk.look() == 0
    assert (await desk.get(hold)).state is State.WAITING


async def test_who_takes_while_it_ends_has_it_no_more(desk: Holding) -> None:
    owner, person = await desk.owner("one"), await desk.person()
    given = await desk.mandate(owner)
    hold = (await desk.ask(owner, mandate_id=given)).hold
    await desk.stop(owner, given)
    await desk.look()
    assert (await refusal(desk.take(person, hold))).code == "hold_taken"
    assert (await refusal(desk.here(owner, hold))).code == "hold_over"
