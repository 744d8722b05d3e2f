"""What waits for an owner's word."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk import mandates
from thingdesk.access.model import Asking, Browsed, Client, Pending, Sender, Surface
from thingdesk.platform.database import Row, Transaction
from thingdesk.platform.kept import Kept

_REQUEST = "select * from access_request "
_ADD = """
insert into access_request (id, kind, client, asks, surfaces, jkt, made_at, expires_at, state,
    user_code, device_code, pause, redirect, client_state, challenge, method, base, sender, around)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""
_SETTLE = "update access_request set state = $2, grant_id = $3 where id = $1"
_WAITING = "select 1 from access_request where state = 'waiting' and expires_at > $2"

KEPT = (Kept("access_request", "expires_at", timedelta(hours=1)),)


@dataclass(frozen=True, slots=True)
class Request:
    """One, with what only its own client and browser know, as digests."""

    pending: Pending
    sender: Sender
    browsed: Browsed | None = None
    state: str = "waiting"
    grant_id: UUID | None = None
    user_code: bytes | None = field(default=None, repr=False)
    device_code: bytes | None = field(default=None, repr=False)
    pause: timedelta | None = None
    asked_at: datetime | None = None
    code_until: datetime | None = None


def _request(row: Row) -> Request:
    surfaces = tuple(Surface(one) for one in row["surfaces"])
    pending = Pending(
        id=row["id"],
        kind=Asking(row["kind"]),
        client=_client(row["client"]),
        asks=mandates.read_details([row["asks"]]),
        surfaces=surfaces,
        expires=row["expires_at"],
        redirect=row["redirect"],
    )
    names = ("state", "grant_id", "user_code", "device_code", "pause", "asked_at", "code_until")
    sender = Sender(row["sender"], row["around"])
    return Request(pending, sender, _browsed(row), **{name: row[name] for name in names})


def _browsed(row: Row) -> Browsed | None:
    if row["redirect"] is None:
        return None
    names = ("base", "redirect", "challenge", "method", "client_state", "jkt")
    return Browsed(*(row[name] for name in names))


def _client(data: Mapping[str, Any]) -> Client:
    redirects, keys = tuple(data["redirects"]), tuple(data["keys"])
    return Client(**{**data, "redirects": redirects, "keys": keys})


async def add(tx: Transaction, new: Request, at: datetime) -> None:
    one, said = new.pending, new.browsed
    await tx.execute(
        _ADD,
        one.id,
        one.kind.value,
        asdict(one.client),
        mandates.as_details(one.asks),
        [surface.value for surface in one.surfaces],
        said and said.jkt,
        at,
        one.expires,
        new.user_code,
        new.device_code,
        new.pause,
        one.redirect,
        said and said.state,
        said and said.challenge,
        said and said.method,
        said and said.base,
        new.sender.name,
        new.sender.around,
    )


async def get(tx: Transaction, request_id: UUID) -> Request | None:
    row = await tx.fetchrow(_REQUEST + "where id = $1", request_id)
    return _request(row) if row else None


async def by_user_code(tx: Transaction, digest: bytes) -> Request | None:
    row = await tx.fetchrow(_REQUEST + "where user_code = $1", digest)
    return _request(row) if row else None


async def lock(tx: Transaction, request_id: UUID) -> Request | None:
    row = await tx.fetchrow(_REQUEST + "where id = $1 for update", request_id)
    return _request(row) if row else None


async def lock_by_device_code(tx: Transaction, digest: bytes) -> Request | None:
    row = await tx.fetchrow(_REQUEST + "where device_code = $1 for update", digest)
    return _request(row) if row else None


async def lock_by_code(tx: Transaction, digest: bytes) -> Request | None:
    row = await tx.fetchrow(_REQUEST + "where code = $1 for update", digest)
    return _request(row) if row else None


async def settle(tx: Transaction, request_id: UUID, state: str, grant_id: UUID | None) -> None:
    await tx.execute(_SETTLE, request_id, state, grant_id)


async def give_code(tx: Transaction, request_id: UUID, digest: bytes, until: datetime) -> None:
    await tx.execute(
        "update access_request set code = $2, code_until = $3 where id = $1",
        request_id,
        digest,
        until,
    )


async def note_asked(tx: Transaction, request_id: UUID, at: datetime, pause: timedelta) -> None:
    await tx.execute(
        "update access_request set asked_at = $2, pause = $3 where id = $1", request_id, at, pause
    )


async def are_waiting_of(tx: Transaction, sender: Sender, number: int, now: datetime) -> bool:
    """Whether so many of a sender wait."""
    return await _wait(tx, "sender = $3", number, now, sender.name)


async def are_waiting_around(tx: Transaction, sender: Sender, number: int, now: datetime) -> bool:
    """Whether so many of the larger network of a stranger wait."""
    return await _wait(tx, "around = $3", number, now, sender.around)


async def are_waiting(tx: Transaction, number: int, now: datetime) -> bool:
    """Whether so many wait, of all strangers together."""
    return await _wait(tx, "around is not null", number, now)


async def _wait(
    tx: Transaction, whose: str, number: int, now: datetime, *named: str | None
) -> bool:
    found = await tx.fetchval(f"{_WAITING} and {whose} offset $1 - 1 limit 1", number, now, *named)
    return found is not None
