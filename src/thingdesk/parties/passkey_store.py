from datetime import datetime
from uuid import UUID

from thingdesk.parties.proofs import By, Challenge, Passkey, Wanted
from thingdesk.parties.staff_store import STAFF_COLUMNS, staff_of
from thingdesk.platform import ids
from thingdesk.platform.database import Row, Transaction

_COLUMNS = "id, name, added_at, used_at, credential, public_key, sign_count, transports"
_ASK = """
insert into staff_challenge (digest, staff_id, challenge, wanted, expires_at)
values ($1, $2, $3, $4, $5)
on conflict (digest) do update
set challenge = excluded.challenge, wanted = excluded.wanted, expires_at = excluded.expires_at
"""
_CHALLENGE = "c.challenge, c.wanted, c.expires_at"
_ASKED = f"select {STAFF_COLUMNS}, {_CHALLENGE} from staff s"  # noqa: S608 - names of columns
_SEE = f"""
{_ASKED} join staff_challenge c on c.staff_id = s.id
where c.digest = $1 and c.expires_at > $2 and s.disabled_at is null
"""
_TAKE = f"""
with taken as (
    delete from staff_challenge where digest = $1
    returning staff_id, challenge, wanted, expires_at
)
{_ASKED} join taken c on c.staff_id = s.id where c.expires_at > $2 and s.disabled_at is null
"""  # noqa: S608 - names of columns
_ADD = f"""
insert into staff_passkey (staff_id, {_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (credential) do nothing
returning id
"""  # noqa: S608 - names of columns
_REQUIRE = """
insert into staff_rule (passkeys_required) values ($1)
on conflict (single) do update set passkeys_required = excluded.passkeys_required
"""


def _passkey(row: Row) -> Passkey:
    return Passkey(**{**row, "transports": tuple(row["transports"])})


def _challenge(row: Row | None) -> Challenge | None:
    if row is None:
        return None
    return Challenge(staff_of(row), row["challenge"], Wanted(row["wanted"]), row["expires_at"])


async def of_staff(tx: Transaction, staff_id: UUID, *, lock: bool = False) -> list[Passkey]:
    """The passkeys of one of the staff, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from staff_passkey where staff_id = $1"  # noqa: S608 - names of columns
        f" order by id {'for update' if lock else ''}",
        staff_id,
    )
    return [_passkey(row) for row in rows]


async def counts(tx: Transaction) -> dict[UUID, int]:
    """How many passkeys each of the staff has who has any."""
    rows = await tx.fetch("select staff_id, count(*) from staff_passkey group by staff_id")
    return {row["staff_id"]: row["count"] for row in rows}


async def add(tx: Transaction, staff_id: UUID, new: Passkey) -> bool:
    """Whether nobody had it yet."""
    found = await tx.fetchval(
        _ADD,
        staff_id,
        new.id,
        new.name,
        new.added_at,
        new.used_at,
        new.credential,
        new.public_key,
        new.sign_count,
        list(new.transports),
    )
    return found is not None


async def used(tx: Transaction, passkey_id: UUID, sign_count: int, at: datetime) -> None:
    await tx.execute(
        "update staff_passkey set sign_count = $2, used_at = $3 where id = $1",
        passkey_id,
        sign_count,
        at,
    )


async def remove(tx: Transaction, passkey_id: UUID) -> None:
    await tx.execute("delete from staff_passkey where id = $1", passkey_id)


async def remove_all(tx: Transaction, staff_id: UUID) -> int:
    """How many there were."""
    rows = await tx.fetch("delete from staff_passkey where staff_id = $1 returning id", staff_id)
    return len(rows)


async def ask(
    tx: Transaction, digest: bytes, staff_id: UUID, wanted: Wanted, expires: datetime
) -> None:
    """Something new to sign for the browser whose token this is the digest of; what it was asked
    before counts no more.
    """
    await tx.execute(_ASK, digest, staff_id, ids.challenge(), wanted.value, expires)


async def asked(tx: Transaction, digest: bytes, now: datetime) -> Challenge | None:
    return _challenge(await tx.fetchrow(_SEE, digest, now))


async def take(tx: Transaction, digest: bytes, now: datetime) -> Challenge | None:
    """What was asked, which nobody can answer after this."""
    return _challenge(await tx.fetchrow(_TAKE, digest, now))


async def required(tx: Transaction) -> bool:
    return bool(await tx.fetchval("select passkeys_required from staff_rule"))


async def require(tx: Transaction, wanted: bool) -> None:
    await tx.execute(_REQUIRE, wanted)


async def close_weak_sessions(tx: Transaction) -> None:
    await tx.execute("delete from staff_session where opened_by = $1", By.PASSWORD.value)


async def opened_by(tx: Transaction, digest: bytes) -> By | None:
    found = await tx.fetchval("select opened_by from staff_session where digest = $1", digest)
    return By(found) if found else None


async def strengthen(tx: Transaction, digest: bytes) -> None:
    """A passkey was shown in this session."""
    await tx.execute(
        "update staff_session set opened_by = $2 where digest = $1 and opened_by = $3",
        digest,
        By.PASSKEY.value,
        By.PASSWORD.value,
    )
