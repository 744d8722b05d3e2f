"""Whoever follows a case hears nothing more from the moment on at which they may not."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.access.ending import ENDS, End
from tests.access.making import ALL, BASE, Asking, a_machine, paired, shown
from tests.dialogue.talk import Talk, talking
from tests.journeys.garage import MISFIRE, open_garage

from thingdesk import access, mandates, parties
from thingdesk.access import Caller, Callers, Issued, Surface, Tokens
from thingdesk.dialogue import Told
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


@pytest.fixture(scope="module")
async def talk(database: Database) -> AsyncIterator[Talk]:
    async with talking(await open_garage(database)) as one:
        yield one


@pytest.fixture
async def machine(database: Database) -> Asking:
    return await a_machine(database, kind="car")


@pytest.fixture
async def made(database: Database, machine: Asking) -> Issued:
    async with Tokens(database, BASE) as tokens:
        return await paired(database, tokens, machine, terms=ALL)


@pytest.fixture
async def caller(database: Database, made: Issued) -> Caller:
    async with Callers(database, BASE) as callers:
        return await callers.recognise(shown(made.token), Surface.HTTP)


async def _rest(following: AsyncIterator[Told], heard: asyncio.Queue[Told]) -> str:
    """Why it ended."""
    try:
        async for one in following:
            heard.put_nowait(one)
    except Refused as refused:
        return refused.refusal.code
    return "the case has ended"


async def _follow(talk: Talk, caller: Caller, heard: asyncio.Queue[Told]) -> str:
    asked = await talk.dialogue.ask(caller, "vehicle.repair", MISFIRE)
    assert asked.case_id
    return await _rest(talk.dialogue.follow(caller, asked.case_id), heard)


@pytest.mark.parametrize(("end", "code"), ENDS.values(), ids=ENDS)
async def test_it_ends_for_who_may_not_follow_any_more_at_once_and_says_why(
    talk: Talk, machine: Asking, made: Issued, caller: Caller, end: End, code: str
) -> None:
    database, heard = talk.hand.database, asyncio.Queue[Told]()
    following = asyncio.create_task(_follow(talk, caller, heard))
    told = asyncio.Event()
    async with asyncio.timeout(60), database.listening(parties.CALLERS, told.set):
        assert (await heard.get()).kind == "case.opened"
        await end(database, machine, made, caller)
        await told.wait()  # whoever holds a stream is told, and does not find it out
        assert await following == code
    after = [heard.get_nowait() for _ in range(heard.qsize())]
    assert "case.ended" not in [one.kind for one in after]


async def test_so_it_is_for_who_calls_by_their_own_key_when_they_are_sold(
    talk: Talk, machine: Asking
) -> None:
    database, heard, told = talk.hand.database, asyncio.Queue[Told](), asyncio.Event()
    async with Callers(database, BASE) as callers:
        caller = await callers.recognise(shown(machine.token()), Surface.HTTP)
    following = asyncio.create_task(_follow(talk, caller, heard))
    async with asyncio.timeout(60), database.listening(parties.CALLERS, told.set):
        await heard.get()
        async with database.transaction() as tx:
            await parties.transfer(tx, machine.machine, None, clock.now())
        await told.wait()
        assert await following == "token_ended"


async def test_what_happens_after_a_stop_is_not_told_though_nobody_has_said_so(
    talk: Talk, machine: Asking, caller: Caller
) -> None:
    """What was read is looked at again before it leaves: here no word of the stop ever comes."""
    database = talk.hand.database
    asked = await talk.dialogue.ask(caller, "vehicle.repair", MISFIRE)
    assert asked.case_id
    following = talk.dialogue.follow(caller, asked.case_id)
    assert (await anext(following)).kind == "case.opened"
    async with database.transaction() as tx:
        await tx.execute(
            "update mandate_given set revoked_at = now() where machine = $1", machine.machine
        )
    await talk.hand.work()
    async with asyncio.timeout(60):
        heard = asyncio.Queue[Told]()
        assert await _rest(following, heard) == "token_ended"
    assert heard.empty()


async def test_a_later_yes_takes_nothing_of_what_is_seen_under_an_earlier(
    talk: Talk, machine: Asking, caller: Caller
) -> None:
    database = talk.hand.database
    car = await a_machine(database, machine.owner, kind="car")
    asked = await talk.dialogue.ask(caller, "vehicle.repair", MISFIRE, subject=car.machine)
    other = await a_machine(database, machine.owner, kind="car")
    assert asked.case_id
    async with Tokens(database, BASE) as tokens, Callers(database, BASE) as callers:
        seeing = await callers.recognise(
            shown((await paired(database, tokens, other, terms=ALL)).token), Surface.HTTP
        )
        following = talk.dialogue.follow(seeing, asked.case_id)
        assert (await anext(following)).kind == "case.opened"
        async with database.transaction() as tx:
            less = mandates.Terms(services=("meter.*",))
            await mandates.grant(tx, machine.owner, less, to=other.machine)
        await talk.dialogue.withdraw(caller, asked.case_id)
        async with asyncio.timeout(60):
            assert await _rest(following, asyncio.Queue()) == "the case has ended"


async def test_of_many_who_follow_only_those_end_who_may_not(talk: Talk) -> None:
    database = talk.hand.database
    machines = [await a_machine(database, kind="car") for _ in range(3)]
    async with Callers(database, BASE) as callers:
        found = [await callers.recognise(shown(one.token()), Surface.HTTP) for one in machines]
    heard: list[asyncio.Queue[Told]] = [asyncio.Queue() for _ in found]
    following = [asyncio.create_task(_follow(talk, *one)) for one in zip(found, heard, strict=True)]
    async with asyncio.timeout(60):
        for one in heard:
            await one.get()
        async with database.transaction() as tx:
            await parties.revoke_key(tx, machines[0].kid, "stolen")
        assert await following[0] == "token_key_revoked"
        for caller, task in list(zip(found, following, strict=True))[1:]:
            (case,) = (await talk.dialogue.cases(caller)).cases
            await talk.dialogue.withdraw(caller, case.id)
            assert await task == "the case has ended"


async def test_who_calls_again_is_looked_at_by_what_stands_now(
    database: Database, caller: Caller, machine: Asking
) -> None:
    async with database.transaction() as tx:
        assert await access.again(tx, [caller, Caller("of-nothing")]) == [
            caller,
            Caller("of-nothing"),
        ]
        await parties.revoke_key(tx, machine.kid, "stolen")
        (found,) = await access.again(tx, [caller])
    assert isinstance(found, Refused)
