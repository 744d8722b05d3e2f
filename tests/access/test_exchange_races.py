"""What is exchanged while it is taken back: nothing comes out that is good."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.access.making import ALL, BASE, LESS, Asking, a_machine, paired, shown
from tests.access.refusing import code_of
from tests.waiting import until

from thingdesk import access, mandates, parties
from thingdesk.access import Callers, Issued, Surface, Tokens
from thingdesk.platform.database import Database, Transaction

OTHER = replace(LESS, services=("vehicle.repair",))
_WAITING = """
select exists (
    select from pg_locks l join pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and not l.granted and d.datname = current_database())
"""


@asynccontextmanager
async def owners_turn(database: Database, machine: Asking) -> AsyncIterator[Transaction]:
    """While somebody grants or revokes for the owner, and has not committed."""
    async with database.transaction() as tx:
        await mandates.stop(tx, machine.owner, "machine-of-nobody", "takes the turn")
        yield tx


async def someone_waits(database: Database) -> None:
    async def look() -> bool:
        async with database.transaction() as tx:
            return bool(await tx.fetchval(_WAITING))

    await until(look)


async def the_mandate(tx: Transaction, machine: Asking, _: Issued) -> None:
    for one in await mandates.given_by(tx, machine.owner):
        await mandates.revoke(tx, machine.owner, "stop", mandate_id=one.id)


async def the_token(tx: Transaction, machine: Asking, wide: Issued) -> None:
    await access.revoke(tx, machine.client, wide.token, BASE)


async def the_grant(tx: Transaction, machine: Asking, wide: Issued) -> None:
    await access.revoke(tx, machine.client, wide.refresh or "", BASE)


async def the_key(tx: Transaction, machine: Asking, _: Issued) -> None:
    await parties.revoke_key(tx, machine.kid, "stolen")


End = Callable[[Transaction, Asking, Issued], Awaitable[None]]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (the_mandate, "mandate_revoked"),
        (the_token, "grant_unknown"),
        (the_grant, "grant_unknown"),
        (the_key, "grant_unknown"),
    ],
)
async def test_what_ends_between_the_look_and_the_owners_turn_is_refused(
    database: Database, tokens: Tokens, end: End, code: str
) -> None:
    machine = await a_machine(database)
    wide = await paired(database, tokens, machine)
    async with owners_turn(database, machine) as tx:
        asked = asyncio.create_task(tokens.make(machine.exchanges(wide.token, LESS)))
        await someone_waits(database)
        await end(tx, machine, wide)
    assert await code_of(asked) == code
    async with database.transaction() as tx:
        tops = await mandates.given_by(tx, machine.owner)
        under = await mandates.below(tx, [one.id for one in tops], 10)
    assert not any(under.values())


async def test_while_an_owner_decides_the_others_and_what_is_there_do_not_wait(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine, other = await a_machine(database), await a_machine(database)
    wide, wide_of_other = [await paired(database, tokens, one) for one in (machine, other)]
    known = await tokens.make(machine.exchanges(wide.token, LESS))
    async with owners_turn(database, machine) as tx:
        asked = asyncio.create_task(tokens.make(machine.exchanges(wide.token, OTHER)))
        await someone_waits(database)
        async with asyncio.timeout(60):
            again = await tokens.make(machine.exchanges(wide.token, LESS))
            await tokens.make(other.exchanges(wide_of_other.token, LESS))
            await tokens.make(other.asks())
        found = [await callers.recognise(shown(one.token), Surface.HTTP) for one in (known, again)]
        assert found[0].mandate == found[1].mandate
        await the_mandate(tx, machine, wide)
    assert await code_of(asked) == "mandate_revoked"
    # what was given meanwhile is worth nothing from the same commit on
    for one in (known, again):
        assert await code_of(callers.recognise(shown(one.token), Surface.HTTP)) == "token_ended"
    assert await code_of(tokens.make(machine.exchanges(again.token, LESS))) == "grant_unknown"


async def test_who_repeats_what_waits_for_its_owner_holds_up_nobody(
    database: Database, tokens: Tokens
) -> None:
    machine, other = await a_machine(database), await a_machine(database)
    wide = await paired(database, tokens, machine)
    repeated = machine.exchanges(wide.token, LESS)
    async with owners_turn(database, machine):
        asked = [asyncio.create_task(tokens.make(repeated))]
        await someone_waits(database)
        asked.append(asyncio.create_task(tokens.make(repeated)))
        async with asyncio.timeout(60):
            await tokens.make(other.asks())
            await tokens.make(other.asks())
    made = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["Issued", "Refused"]


async def test_those_who_ask_for_the_same_at_once_are_passed_on_one_mandate(
    database: Database, tokens: Tokens
) -> None:
    machine = await a_machine(database)
    wide = await paired(database, tokens, machine, terms=ALL)
    async with owners_turn(database, machine):
        asked = [
            asyncio.create_task(tokens.make(machine.exchanges(wide.token, LESS))) for _ in range(3)
        ]
        await someone_waits(database)
    made = await asyncio.gather(*asked)
    assert len({one.token for one in made}) == 3
    async with database.transaction() as tx:
        (top,) = await mandates.given_by(tx, machine.owner)
        under = await mandates.below(tx, [top.id], 10)
    assert len(under[top.id]) == 1
