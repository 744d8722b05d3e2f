"""An exchange that fails on its way has used up nothing; one that is refused has."""

import asyncio

import pytest
from joserfc.jwk import OKPKey
from tests.access.making import LESS, Asking, for_helper, helped, proof_of
from tests.access.refusing import code_of
from tests.access.test_exchange_races import owners_turn, someone_waits, the_mandate
from tests.waiting import until

from thingdesk.access import Issued, TokenRequest, Tokens
from thingdesk.platform.database import Database
from thingdesk.platform.pool import is_passing

_WAITS = """
select pg_terminate_backend(l.pid)
from pg_locks l join pg_database d on d.oid = l.database
where l.locktype = 'advisory' and not l.granted and d.datname = current_database()
"""


async def cut_who_waits(database: Database) -> None:
    async def cut() -> bool:
        async with database.transaction() as tx:
            return bool(await tx.fetchval(_WAITS))

    await until(cut)


async def twice(
    database: Database, tokens: Tokens
) -> tuple[Asking, Issued, TokenRequest, TokenRequest]:
    """A machine, what it has, and two askings: each with an assertion and a proof of its own, both
    with the same assertion of a helper.
    """
    machine, helper, wide = await helped(database, tokens)
    key, handed = OKPKey.generate_key("Ed25519"), for_helper(helper)
    first, second = (
        machine.exchanges(wide.token, LESS, proof=proof_of(key), **handed) for _ in range(2)
    )
    return machine, wide, first, second


async def test_a_lost_connection_uses_up_neither_proof_nor_assertions(
    database: Database, tokens: Tokens
) -> None:
    machine, _, asked, other = await twice(database, tokens)
    async with owners_turn(database, machine):
        lost = asyncio.create_task(tokens.make(asked))
        await cut_who_waits(database)
        with pytest.raises(Exception) as failed:  # noqa: PT011 - is_passing tells which
            await lost
    assert is_passing(failed.value)
    assert (await tokens.make(asked)).bound
    assert await code_of(tokens.make(asked)) == "client_unproven"
    assert await code_of(tokens.make(other)) == "actor_unproven"


async def test_what_is_refused_in_its_owners_turn_is_used_up(
    database: Database, tokens: Tokens
) -> None:
    machine, wide, asked, _ = await twice(database, tokens)
    async with owners_turn(database, machine) as tx:
        refused = asyncio.create_task(tokens.make(asked))
        await someone_waits(database)
        await the_mandate(tx, machine, wide)
    assert await code_of(refused) == "mandate_revoked"
    assert await code_of(tokens.make(asked)) == "client_unproven"


async def test_of_two_at_once_with_one_assertion_of_a_helper_one_gets_a_token(
    database: Database, tokens: Tokens
) -> None:
    machine, _, *asked = await twice(database, tokens)
    async with owners_turn(database, machine):
        first = asyncio.create_task(tokens.make(asked[0]))
        await someone_waits(database)
        second = asyncio.create_task(tokens.make(asked[1]))
    assert (await first).bound
    assert await code_of(second) in ("actor_unproven", "proof_replayed")
