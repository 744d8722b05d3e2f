from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.parties.model import NewOwner, Owner, Ownership
from thingdesk.platform import ids
from thingdesk.platform.database import Row, Transaction, columns

ERASED = "erased"
_OWNER = "select id, name, email, zone, links_since from owner "
_ADD = """
insert into owner (id, email, name, zone, added_at)
select t.id, t.email, t.name, t.zone, $5
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as t (id, email, name, zone)
order by t.email
on conflict (email) do nothing returning id
"""
_FIND = """
with page as (
    select id, name, email, zone, links_since from owner
    where email is not null and (lower(name), id) > (lower($2), $3::uuid)
      and ($1::text is null or position(lower($1) in lower(name || ' ' || email)) > 0)
    order by lower(name), id limit $4
)
select page.*, array(
    select machine from ownership
    where owner_id = page.id and begins <= $5 and (ends is null or $5 < ends)
    order by machine limit $6
) as machines
from page order by lower(name), id
"""
_CHANGE = """
update owner set email = $2, name = $3, zone = $4
where id = $1 and not exists (select from owner where email = $2 and id <> $1)
returning true
"""
_LAST = """
select distinct on (o.machine) o.machine, o.owner_id, o.begins, o.ends
from ownership o where o.machine = any($1) order by o.machine, o.begins desc
"""
_AT = """
select t.n, o.machine, o.owner_id, o.begins, o.ends
from unnest($1::text[], $2::timestamptz[]) with ordinality as t (machine, at, n)
join ownership o on o.machine = t.machine
    and o.begins <= t.at and (o.ends is null or t.at < o.ends)
"""
_SPEAK_FOR = """
select exists (
    select from ownership r join ownership s using (owner_id)
    where r.machine = t.reporter and r.begins <= t.at and (r.ends is null or t.at < r.ends)
      and s.machine = t.subject and s.begins <= t.at and (s.ends is null or t.at < s.ends)
) as answer
from unnest($1::text[], $2::text[], $3::timestamptz[]) with ordinality
    as t (reporter, subject, at, n)
order by t.n
"""
_BEGIN = """
insert into ownership (machine, owner_id, begins)
select * from unnest($1::text[], $2::uuid[], $3::timestamptz[])
"""


def _owner(row: Row) -> Owner:
    return Owner(row["id"], row["name"], row["email"], row["zone"], row["links_since"])


def _ownership(row: Row) -> Ownership:
    return Ownership(row["machine"], row["owner_id"], row["begins"], row["ends"])


async def add(
    tx: Transaction, owners: Mapping[str, NewOwner], at: datetime
) -> tuple[dict[str, UUID], list[UUID]]:
    """Adds the owners whose e-mail address is new; the ids of all, by address, and of those."""
    emails = sorted(owners)
    added = await tx.fetch(
        _ADD,
        [ids.new() for _ in emails],
        emails,
        [owners[one].name for one in emails],
        [owners[one].zone for one in emails],
        at,
    )
    rows = await tx.fetch("select id, email from owner where email = any($1)", emails)
    return {row["email"]: row["id"] for row in rows}, [row["id"] for row in added]


async def get_many(tx: Transaction, owners: Sequence[UUID]) -> dict[UUID, Owner]:
    rows = await tx.fetch(_OWNER + "where id = any($1)", list(owners))
    return {row["id"]: _owner(row) for row in rows}


async def by_email(tx: Transaction, email: str) -> Owner | None:
    row = await tx.fetchrow(_OWNER + "where email = $1", email)
    return _owner(row) if row else None


async def find(
    tx: Transaction,
    words: str | None,
    after: tuple[str, UUID],
    at: datetime,
    most: int,
    machines: int,
) -> list[tuple[Owner, list[str]]]:
    rows = await tx.fetch(_FIND, words, *after, most, at, machines)
    return [(_owner(row), row["machines"]) for row in rows]


async def lock(tx: Transaction, owner_id: UUID) -> Owner | None:
    """The owner, to be changed by this transaction alone."""
    row = await tx.fetchrow(_OWNER + "where id = $1 for update", owner_id)
    return _owner(row) if row else None


async def hold(tx: Transaction, owner_id: UUID) -> Owner | None:
    """The owner as they stay until this transaction ends."""
    row = await tx.fetchrow(_OWNER + "where id = $1 for key share", owner_id)
    return _owner(row) if row else None


async def change(tx: Transaction, owner_id: UUID, new: NewOwner) -> bool:
    """Whether the address was free."""
    return bool(await tx.fetchval(_CHANGE, owner_id, new.email, new.name, new.zone))


async def owns_any(tx: Transaction, owner_id: UUID) -> bool:
    return bool(
        await tx.fetchval(
            "select exists (select from ownership where owner_id = $1 and ends is null)", owner_id
        )
    )


async def erase(tx: Transaction, owner_id: UUID) -> None:
    await tx.execute(
        "update owner set email = null, name = $2, zone = 'UTC' where id = $1", owner_id, ERASED
    )


async def last_periods(tx: Transaction, machines: Sequence[str]) -> dict[str, Ownership]:
    """The last period of each machine, open or ended."""
    rows = await tx.fetch(_LAST, list(machines))
    return {row["machine"]: _ownership(row) for row in rows}


async def periods_at(
    tx: Transaction, wanted: Sequence[tuple[str, datetime]]
) -> list[Ownership | None]:
    rows = await tx.fetch(_AT, [one for one, _ in wanted], [at for _, at in wanted])
    found = {row["n"]: _ownership(row) for row in rows}
    return [found.get(n) for n in range(1, len(wanted) + 1)]


async def periods_of(tx: Transaction, machine: str, most: int) -> list[Ownership]:
    rows = await tx.fetch(
        "select machine, owner_id, begins, ends from ownership where machine = $1"
        " order by begins desc limit $2",
        machine,
        most,
    )
    return [_ownership(row) for row in rows]


async def owned_by(tx: Transaction, owner_id: UUID, at: datetime) -> list[Ownership]:
    rows = await tx.fetch(
        "select machine, owner_id, begins, ends from ownership where owner_id = $1"
        " and begins <= $2 and (ends is null or $2 < ends) order by machine",
        owner_id,
        at,
    )
    return [_ownership(row) for row in rows]


async def speak_for(tx: Transaction, wanted: Sequence[tuple[str, str, datetime]]) -> list[bool]:
    rows = await tx.fetch(_SPEAK_FOR, *columns(wanted))
    return [row["answer"] for row in rows]


async def note_link(tx: Transaction, owner_id: UUID, at: datetime, before: datetime) -> bool:
    """Note that the owner asks at `at`, unless they have asked since `before`; whether it was."""
    return bool(
        await tx.fetchval(
            "insert into owner_link as l (owner_id, asked_at) values ($1, $2)"
            " on conflict (owner_id) do update set asked_at = $2 where l.asked_at <= $3"
            " returning true",
            owner_id,
            at,
            before,
        )
    )


async def end_links(tx: Transaction, owner_id: UUID, at: datetime) -> None:
    """Links older than `at` are good for nothing, and the owner may ask for one at once."""
    await tx.execute("update owner set links_since = $2 where id = $1", owner_id, at)
    await tx.execute("delete from owner_link where owner_id = $1", owner_id)


async def end(tx: Transaction, period: Ownership, at: datetime) -> None:
    await tx.execute(
        "update ownership set ends = $3 where machine = $1 and begins = $2",
        period.machine,
        period.begins,
        at,
    )


async def begin(tx: Transaction, periods: Sequence[Ownership]) -> None:
    """Writes open periods. The caller holds their machines' rows."""
    await tx.execute(
        _BEGIN,
        [one.machine for one in periods],
        [one.owner_id for one in periods],
        [one.begins for one in periods],
    )
