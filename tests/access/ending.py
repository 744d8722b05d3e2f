"""The ways in which what a caller rests on ends, each as its owner, its maker or staff do it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.access.making import FLOW, Asking

from thingdesk import access, mandates, parties
from thingdesk.access import Caller, Issued
from thingdesk.platform import clock
from thingdesk.platform.database import Database

End = Callable[[Database, Asking, Issued, Caller], Awaitable[None]]


async def the_key(database: Database, machine: Asking, *_: object) -> None:
    async with database.transaction() as tx:
        await parties.revoke_key(tx, machine.kid, "stolen")


async def the_token(database: Database, machine: Asking, made: Issued, _: Caller) -> None:
    async with database.transaction() as tx:
        await access.revoke(tx, machine.client, made.token, machine.base)


async def the_grant(database: Database, machine: Asking, made: Issued, _: Caller) -> None:
    async with database.transaction() as tx:
        await access.revoke(tx, machine.client, made.refresh or "", machine.base)


async def the_mandate(database: Database, machine: Asking, _: Issued, caller: Caller) -> None:
    given = caller.mandate
    assert given is not None
    async with database.transaction() as tx:
        await mandates.revoke(tx, machine.owner, "stop", mandate_id=given.parent or given.id)


async def all_mandates(database: Database, machine: Asking, *_: object) -> None:
    async with database.transaction() as tx:
        await mandates.revoke(tx, machine.owner, "stop")


async def the_ownership(database: Database, machine: Asking, *_: object) -> None:
    async with database.transaction() as tx:
        await FLOW.transfer(tx, machine.machine, None, clock.now())


ENDS: dict[str, tuple[End, str]] = {
    "key": (the_key, "token_key_revoked"),
    "token": (the_token, "token_ended"),
    "grant": (the_grant, "token_ended"),
    "mandate": (the_mandate, "token_ended"),
    "stop": (all_mandates, "token_ended"),
    "sale": (the_ownership, "token_ended"),
}


def at(machine: Asking, base: str) -> Asking:
    """The same machine as it asks another desk."""
    return replace(machine, base=base)
