"""What a caller asks and is told, by the same verbs on every surface."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from tests.dialogue.talk import PAGES, Talk, refused, talking
from tests.journeys.garage import COIL, MISFIRE, open_garage
from tests.parties.making import signing, unique

from thingdesk import mandates, parties
from thingdesk.access import Caller
from thingdesk.cases import Outcome, Report, State
from thingdesk.dialogue import Asked, Branch, Told
from thingdesk.dialogue.follow import Followers
from thingdesk.mandates import Terms
from thingdesk.parties import NewMachine
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


@pytest.fixture(scope="module")
async def talk(database: Database) -> AsyncIterator[Talk]:
    async with talking(await open_garage(database)) as one:
        yield one


async def test_asking_twice_with_one_id_is_asking_once(talk: Talk) -> None:
    caller, again = await talk.car(), str(ids.new())
    first, second = await asyncio.gather(
        *(talk.dialogue.ask(caller, "vehicle.repair", MISFIRE, request_id=again) for _ in range(2))
    )
    assert first.case_id == second.case_id
    view = await talk.dialogue.case(caller, first.case_id or ids.new())
    assert view.reports == 1
    changed = {**MISFIRE, "code": "P0302"}
    other = talk.dialogue.ask(caller, "vehicle.repair", changed, request_id=again)
    assert await refused(other) == "event_id_reused"


async def test_an_id_is_for_one_service_and_one_machine(talk: Talk) -> None:
    caller, again = await talk.car(), str(ids.new())
    await talk.dialogue.ask(caller, "vehicle.repair", MISFIRE, request_id=again)
    for_another = talk.dialogue.ask(caller, "vehicle.breakdown", MISFIRE, request_id=again)
    assert await refused(for_another) == "event_id_reused"
    second = unique("car")
    assert caller.owner_id
    async with talk.hand.database.transaction() as tx:
        await parties.register(tx, [NewMachine(second, "car", "car")])
        await talk.hand.flow.transfer(tx, second, caller.owner_id, clock.now())
    elsewhere = talk.dialogue.ask(
        caller, "vehicle.repair", MISFIRE, subject=second, request_id=again
    )
    assert await refused(elsewhere) == "event_id_reused"
    itself = await talk.dialogue.ask(
        caller, "vehicle.repair", MISFIRE, subject=caller.machine, request_id=again
    )
    assert itself.case_id, "who names itself says the same as who names nobody"


async def test_an_id_of_one_machine_is_free_for_all_others(talk: Talk) -> None:
    """Also in one group, in which one of them is refused."""
    again, callers = str(ids.new()), [await talk.car() for _ in range(4)]
    wrong = {"code": "none"}
    asked = await asyncio.gather(
        *(
            talk.dialogue.ask(one, "vehicle.repair", given, request_id=again)
            for one, given in zip(callers, (MISFIRE, MISFIRE, wrong, MISFIRE), strict=True)
        ),
        return_exceptions=True,
    )
    cases = [one.case_id for one in asked if isinstance(one, Asked)]
    assert len(set(cases)) == len(cases) == len(callers) - 1
    mended = await talk.dialogue.ask(callers[2], "vehicle.repair", MISFIRE, request_id=again)
    assert mended.case_id not in cases


async def test_a_twin_in_one_group_gets_the_answer_of_its_own_machine(talk: Talk) -> None:
    again, callers = str(ids.new()), [await talk.car() for _ in range(2)]
    one, other = (
        Report(car.machine, again, b"", clock.now(), "vehicle.repair", MISFIRE, car.machine)
        for car in callers
    )
    async with talk.hand.database.transaction() as tx:
        first, second, twin = await talk.hand.flow.take_reports(tx, [one, other, one])
    assert twin == first != second


async def test_what_is_wrong_with_a_request_is_said(talk: Talk) -> None:
    caller = await talk.car()
    assert await refused(talk.dialogue.ask(caller, "vehicle.fly", {})) == "unknown_service"
    assert await refused(talk.dialogue.ask(caller, "vehicle.repair", {})) == "unfit_input"
    broken = {"code": "\ud800"}
    assert await refused(talk.dialogue.ask(caller, "vehicle.repair", broken)) == "broken_json"


async def test_a_case_shows_what_its_owner_is_asked_and_where(talk: Talk) -> None:
    caller = await talk.car()
    case_id = await talk.asked(caller)
    view = await talk.dialogue.case(caller, case_id)
    (waiting,) = view.waiting
    assert waiting.kind is Branch.APPROVAL
    assert waiting.url == f"{PAGES}/question/{waiting.id}"
    assert [one.id for one in waiting.choices] == ["yes", "no"]
    await talk.hand.answer(case_id, "yes")
    after = await talk.dialogue.case(caller, case_id)
    (date,) = after.waiting
    assert date.id != waiting.id
    assert len(date.choices) > 1
    assert after.version != view.version


async def test_nobody_else_sees_it(talk: Talk) -> None:
    caller, stranger = await talk.car(), await talk.car()
    case_id = await talk.asked(caller)
    assert await refused(talk.dialogue.case(stranger, case_id)) == "case_unknown"
    assert await refused(talk.dialogue.timeline(stranger, case_id)) == "case_unknown"
    assert await refused(talk.dialogue.withdraw(stranger, case_id)) == "case_unknown"
    assert await refused(anext(talk.dialogue.follow(stranger, case_id))) == "case_unknown"
    assert not (await talk.dialogue.cases(stranger)).cases
    about_it = talk.dialogue.ask(stranger, "vehicle.repair", MISFIRE, subject=caller.machine)
    assert await refused(about_it) == "not_your_machine"


async def test_who_buys_a_machine_sees_nothing_of_before(talk: Talk) -> None:
    caller = await talk.car()
    case_id = await talk.asked(caller)
    owner = await talk.hand.sell(caller.machine, unique("buyer"))
    assert await refused(talk.dialogue.case(Caller(caller.machine, owner), case_id)) == (
        "case_unknown"
    )
    assert await refused(talk.dialogue.case(caller, case_id)) == "case_unknown"
    assert not (await talk.dialogue.cases(Caller(caller.machine, owner))).cases


async def test_cases_come_page_by_page_each_once(talk: Talk) -> None:
    caller = await talk.car()
    made = set()
    for code in ("P0301", "P0302", "P0303"):
        asked = await talk.dialogue.ask(caller, "vehicle.repair", {"code": code})
        made.add(asked.case_id)
    seen, after = [], None
    while True:
        page = await talk.dialogue.cases(caller, after=after, most=2)
        seen += [one.id for one in page.cases]
        if (after := page.further) is None:
            break
    assert len(seen) == len(made)
    assert set(seen) == made
    assert await refused(talk.dialogue.cases(caller, after="yesterday")) == "unfit_cursor"
    assert not (await talk.dialogue.cases(caller, state=State.ENDED)).cases


async def test_withdrawing_ends_it_and_takes_back_what_was_done(talk: Talk) -> None:
    caller = await talk.car()
    case_id = await talk.asked(caller)
    view = await talk.dialogue.withdraw(caller, case_id, "It starts again.")
    assert (view.outcome, view.waiting) == (Outcome.WITHDRAWN, ())
    assert view.words
    assert view.words.endswith('It says: "It starts again."')
    assert (await talk.dialogue.withdraw(caller, case_id)).words == view.words


async def test_whoever_follows_hears_all_of_it_once_and_to_its_end(talk: Talk) -> None:
    caller = await talk.car()
    case_id = await talk.asked(caller)
    heard: list[Told] = []

    async def hear(after: int = 0) -> None:
        async for one in talk.dialogue.follow(caller, case_id, after):
            heard.append(one)

    hearing = asyncio.create_task(hear())
    await talk.hand.answer(case_id, "yes")
    await talk.dialogue.withdraw(caller, case_id)
    async with asyncio.timeout(60):
        await hearing
    kinds = [one.kind for one in heard]
    assert kinds[0] == "case.opened"
    assert kinds[-1] == "case.ended"
    assert kinds.count("decision.answered") == 1
    numbers = [one.number for one in heard]
    assert numbers == sorted(set(numbers))
    before, heard = heard, []
    await hear(before[1].number)
    assert heard == before[2:], "who comes back hears the rest"
    assert COIL not in str([one.data for one in before if one.kind.startswith("effect")])


async def test_following_ends_with_the_desk(database: Database) -> None:
    hand = await open_garage(database)
    async with talking(hand) as talk:
        caller = await talk.car()
        case_id = await talk.asked(caller)
        following = talk.dialogue.follow(caller, case_id)
        heard = [await anext(following)]

        async def rest() -> None:
            async for one in following:
                heard.append(one)  # noqa: PERF401 - the same

        waiting = asyncio.create_task(rest())
        talk.stop.set()
        async with asyncio.timeout(60):
            await waiting
    assert heard[0].kind == "case.opened"


async def test_one_machine_that_follows_too_much_leaves_room_for_others(talk: Talk) -> None:
    followers = Followers(talk.hand.database, talk.stop)
    greedy, other = Caller("greedy"), Caller("other")
    with ExitStack() as stack:
        for n in range(500):
            stack.enter_context(followers.following(greedy, f"case:{n}"))
        with pytest.raises(Refused) as caught:
            stack.enter_context(followers.following(greedy, "case:500"))
        assert caught.value.refusal.code == "too_many_follow"
        stack.enter_context(followers.following(other, "case:1"))
    with followers.following(greedy, "case:1"):
        pass


async def test_a_mandate_for_one_machine_hides_the_cases_of_others(talk: Talk) -> None:
    car, agent, another = await talk.car(), unique("agent"), unique("agent")
    case_id = await talk.asked(car)
    async with talk.hand.database.transaction() as tx:
        assert car.owner_id
        for name in (agent, another):
            await parties.register(tx, [NewMachine(name, "assistant", "a")])
        terms = Terms(services=("vehicle.*",), machines=(car.machine,))
        for_it = await mandates.grant(tx, car.owner_id, terms, to=agent)
        other = replace(terms, machines=("another-one",))
        for_another = await mandates.grant(tx, car.owner_id, other, to=another)
    assert (await talk.dialogue.case(Caller(agent, car.owner_id, for_it), case_id)).id == case_id
    hidden = talk.dialogue.case(Caller(another, car.owner_id, for_another), case_id)
    assert await refused(hidden) == "case_unknown"
    assert not (await talk.dialogue.cases(Caller(another, car.owner_id, for_another))).cases


async def test_who_reports_what_is_a_case_already_may_see_it_too(talk: Talk) -> None:
    car, agent = await talk.car(), unique("agent")
    case_id = await talk.asked(car)
    async with talk.hand.database.transaction() as tx:
        await parties.register(tx, [NewMachine(agent, "assistant", "a", key=signing(agent).x)])
        assert car.owner_id
        await parties.transfer(tx, agent, car.owner_id, clock.now())
    caller = Caller(agent, car.owner_id)
    assert await refused(talk.dialogue.case(caller, case_id)) == "case_unknown"
    asked = await talk.dialogue.ask(caller, "vehicle.repair", MISFIRE, subject=car.machine)
    assert asked.case_id == case_id
    assert (await talk.dialogue.case(caller, case_id)).reports == 2
    assert [one.id for one in (await talk.dialogue.cases(caller)).cases] == [case_id]


async def test_under_a_mandate_a_machine_sees_of_its_own_only_what_that_is_for(talk: Talk) -> None:
    car = await talk.car()
    case_id = await talk.asked(car)
    async with talk.hand.database.transaction() as tx:
        assert car.owner_id
        given = await mandates.grant(tx, car.owner_id, Terms(("meter.*",)), to=car.machine)
    narrow = replace(car, mandate=given)
    assert await refused(talk.dialogue.case(narrow, case_id)) == "case_unknown"
    assert not (await talk.dialogue.cases(narrow)).cases
    assert (await talk.dialogue.cases(car)).cases
