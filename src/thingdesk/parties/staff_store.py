from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.parties.model import Role, Staff
from thingdesk.parties.proofs import By
from thingdesk.platform.database import Row, Transaction, columns
from thingdesk.platform.kept import Kept

_ADDING_STAFF = 7_413_302_120
STAFF_COLUMNS = """
s.id, s.email, s.name, s.roles, s.password, s.password is not null as has_password,
(s.password is not null
    or exists (select from staff_identity i where i.staff_id = s.id)) as ready
"""
STAFF = f"select {STAFF_COLUMNS} from staff s "  # noqa: S608 - names of columns
_ADD = """
insert into staff (id, email, name, roles, added_at) values ($1, $2, $3, $4, $5)
on conflict (email) do nothing
returning id
"""
_ATTEMPTS_COUNT = timedelta(days=1)
# what is blocked is looked at first: who is told no leaves no row, however often
_ATTEMPT = """
with blocked as (
    select subject, failures, blocked_until from staff_attempt
    where subject = any($1) and last_at >= $3 and blocked_until > $2
), counted as (
    insert into staff_attempt as a (subject, failures, last_at)
    select subject, 0, $2 from unnest($1::text[]) as t (subject)
    where not exists (select from blocked) order by subject
    on conflict (subject) do update set last_at = excluded.last_at,
        failures = case when a.last_at < $3 then 0 else a.failures end,
        blocked_until = case when a.last_at >= $3 then a.blocked_until end
    returning subject, failures, blocked_until
)
select * from blocked union all select * from counted
"""
KEPT = (
    Kept("staff_link", "expires_at", timedelta()),
    Kept("staff_session", "expires_at", timedelta()),
    Kept("staff_challenge", "expires_at", timedelta()),
    Kept("staff_return", "expires_at", timedelta()),
    Kept("staff_attempt", "last_at", _ATTEMPTS_COUNT),
)
_FAIL = """
update staff_attempt a set failures = a.failures + 1, blocked_until = t.blocked_until
from unnest($1::text[], $2::timestamptz[]) as t (subject, blocked_until)
where a.subject = t.subject
"""
_BY_SESSION = """
join staff_session n on s.id = n.staff_id
where n.digest = $1 and n.expires_at > $2 and s.disabled_at is null
"""
_BY_LINK = """
join staff_link l on s.id = l.staff_id
where l.digest = $1 and l.expires_at > $2 and s.disabled_at is null
"""


def staff_of(row: Row) -> Staff:
    roles = frozenset(Role(one) for one in row["roles"])
    return Staff(row["id"], row["email"], row["name"], roles, row["ready"], row["has_password"])


async def lock(tx: Transaction) -> None:
    await tx.execute("select pg_advisory_xact_lock($1)", _ADDING_STAFF)


async def lock_account(tx: Transaction, staff_id: UUID) -> None:
    """Nobody else changes what the account has until the end of `tx`."""
    await tx.execute("select from staff where id = $1 for update", staff_id)


async def anybody_ready(tx: Transaction) -> bool:
    return bool(
        await tx.fetchval(
            "select exists (select from staff where password is not null and disabled_at is null)"
        )
    )


async def add(tx: Transaction, new: Staff, at: datetime) -> bool:
    """Whether the address was new."""
    roles = sorted(role.value for role in new.roles)
    found = await tx.fetchval(_ADD, new.id, new.email, new.name, roles, at)
    return found is not None


async def by_email(tx: Transaction, email: str) -> tuple[Staff, str | None] | None:
    """One who may log in, and the hash of their password."""
    row = await tx.fetchrow(STAFF + "where s.email = $1 and s.disabled_at is null", email)
    return (staff_of(row), row["password"]) if row else None


async def every(tx: Transaction) -> list[Staff]:
    rows = await tx.fetch(STAFF + "where s.disabled_at is null order by s.name, s.id")
    return [staff_of(row) for row in rows]


async def get(tx: Transaction, staff_id: UUID) -> Staff | None:
    row = await tx.fetchrow(STAFF + "where s.id = $1 and s.disabled_at is null", staff_id)
    return staff_of(row) if row else None


async def names(tx: Transaction, staff: Sequence[UUID]) -> dict[UUID, str]:
    rows = await tx.fetch("select id, name from staff where id = any($1)", list(staff))
    return {row["id"]: row["name"] for row in rows}


async def put_link(tx: Transaction, digest: bytes, staff_id: UUID, expires: datetime) -> None:
    """Makes this the only link of theirs."""
    await tx.execute("delete from staff_link where staff_id = $1", staff_id)
    await tx.execute("insert into staff_link values ($1, $2, $3)", digest, staff_id, expires)


async def by_link(tx: Transaction, digest: bytes, now: datetime) -> Staff | None:
    row = await tx.fetchrow(STAFF + _BY_LINK, digest, now)
    return staff_of(row) if row else None


async def take_link(tx: Transaction, digest: bytes) -> bool:
    """Whether this transaction is the one that uses the link."""
    found = await tx.fetchval("delete from staff_link where digest = $1 returning true", digest)
    return bool(found)


async def set_password(tx: Transaction, staff_id: UUID, password: str) -> None:
    await tx.execute("update staff set password = $2 where id = $1", staff_id, password)


async def open_session(
    tx: Transaction, digest: bytes, staff_id: UUID, expires: datetime, by: By
) -> None:
    await tx.execute(
        "insert into staff_session (digest, staff_id, expires_at, opened_by)"
        " values ($1, $2, $3, $4)",
        digest,
        staff_id,
        expires,
        by.value,
    )


async def by_session(tx: Transaction, digest: bytes, now: datetime) -> Staff | None:
    row = await tx.fetchrow(STAFF + _BY_SESSION, digest, now)
    return staff_of(row) if row else None


async def close_session(tx: Transaction, digest: bytes) -> None:
    await tx.execute("delete from staff_session where digest = $1", digest)


async def close_sessions(tx: Transaction, staff_id: UUID) -> None:
    """Those that are half way, too."""
    await tx.execute("delete from staff_challenge where staff_id = $1", staff_id)
    await tx.execute("delete from staff_session where staff_id = $1", staff_id)


async def disable(tx: Transaction, staff_id: UUID, at: datetime) -> bool:
    found = await tx.fetchval(
        "update staff set disabled_at = $2, password = null"
        " where id = $1 and disabled_at is null returning true",
        staff_id,
        at,
    )
    return bool(found)


async def set_roles(tx: Transaction, staff_id: UUID, roles: frozenset[Role]) -> None:
    names = sorted(role.value for role in roles)
    await tx.execute("update staff set roles = $2 where id = $1", staff_id, names)


async def attempt(
    tx: Transaction, subjects: Sequence[str], now: datetime
) -> dict[str, tuple[int, datetime | None]]:
    """The failures of each subject and until when it is blocked. Their rows stay locked. Where one
    is blocked already, those that are, and nothing is written.
    """
    rows = await tx.fetch(_ATTEMPT, list(subjects), now, now - _ATTEMPTS_COUNT)
    return {row["subject"]: (row["failures"], row["blocked_until"]) for row in rows}


async def fail(tx: Transaction, blocked: Sequence[tuple[str, datetime | None]]) -> None:
    await tx.execute(_FAIL, *columns(blocked))


async def forgive(tx: Transaction, subject: str) -> None:
    await tx.execute("delete from staff_attempt where subject = $1", subject)


async def forgive_all(tx: Transaction, beginning: str) -> None:
    """Those of all subjects that begin so."""
    await tx.execute("delete from staff_attempt where starts_with(subject, $1)", beginning)
