"""Open findings, one look after the other: what is found must not be forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from thingdesk.diagnosis import look_after_store as store
from thingdesk.diagnosis.model import Finding
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_MOST = 200


@dataclass(frozen=True, slots=True)
class Look:
    """An open finding that is due to be looked at; `told` is what staff were told of it last."""

    id: UUID
    finding: Finding
    told: str | None


async def findings_due(tx: Transaction) -> list[Look]:
    """Open findings that nobody has looked at for a while, kept from others until `tx` ends."""
    return [Look(*one) for one in await store.lock_due(tx, clock.now(), _MOST)]


async def told_of(tx: Transaction, machines: Sequence[str], what: str) -> set[str]:
    """The machines with an open finding of which staff were told this last."""
    return await store.told_of(tx, machines, what)


async def look_again(tx: Transaction, looked: Sequence[tuple[Look, datetime, str | None]]) -> None:
    """When to look at each the next time, and what staff know of it now."""
    if looked:
        await store.plan(tx, [(look.id, at, told) for look, at, told in looked])
