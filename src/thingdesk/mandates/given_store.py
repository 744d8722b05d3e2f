"""The rows of what owners give to machines, and of what those pass on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from thingdesk.mandates import data
from thingdesk.mandates.model import Mandate, Terms
from thingdesk.parties import Ended
from thingdesk.platform import ids
from thingdesk.platform.database import Row, Transaction, columns, json

# a chain ends where nothing was passed on: it cannot be longer than mandates are deep
_MOST_DEEP = 10
_ANY = """
select id, owner_id, null as machine, null::uuid as parent, version, revoked_at from mandate
where id = {id}
union all
select id, owner_id, machine, parent, version, revoked_at from mandate_given where id = {id}
"""
_CHAINS = f"""
with recursive chain as (
    select a.*, wanted as asked, 0 as above from unnest($1::uuid[]) as w (wanted),
        lateral ({_ANY.format(id="wanted")}) a
    union all
    select a.*, c.asked, c.above + 1 from chain c, lateral ({_ANY.format(id="c.parent")}) a
    where c.above < {_MOST_DEEP}
)
select c.*, v.terms, v.granted_at, v.signed
from chain c join mandate_version v on v.mandate_id = c.id and v.version = c.version
order by c.asked, c.above
"""  # noqa: S608 - of constants
_ENDS = "coalesce((v.terms ->> 'ends')::timestamptz, 'infinity')"
_GIVEN_BY = f"""
select g.id from mandate_given g
join mandate_version v on v.mandate_id = g.id and v.version = g.version
where g.owner_id = $1 and g.revoked_at is null
  and (g.parent is null or {_ENDS} > $2 and exists (select from mandate m where m.id = g.parent))
order by {_ENDS} <= $2, g.given_at desc, g.id desc limit $3
"""  # noqa: S608 - of constants
_MAY_ACT = f"""
with recursive good as (
    select m.id, null as machine, 0 as deep, {_ENDS} as ends
    from mandate m join mandate_version v on v.mandate_id = m.id and v.version = m.version
    where m.owner_id = $1 and m.revoked_at is null
    union all
    select g.id, g.machine, 0, {_ENDS}
    from mandate_given g join mandate_version v on v.mandate_id = g.id and v.version = g.version
    where g.owner_id = $1 and g.parent is null and g.revoked_at is null
    union all
    select g.id, g.machine, b.deep + 1, least(b.ends, {_ENDS})
    from good b
    join mandate_given g on g.parent = b.id and g.revoked_at is null
    join mandate_version v on v.mandate_id = g.id and v.version = g.version
    where b.deep < {_MOST_DEEP}
)
select machine, count(*) over () as number
from (select distinct machine from good where machine is not null and ends > $2) as machines
order by machine limit $3
"""  # noqa: S608 - of constants
_BELOW = f"""
with recursive below as (
    select w.id as top, w.id, 0 as deep, $2::timestamptz as given_at, $2 as ends
    from unnest($1::uuid[]) as w (id)
    union all
    select b.top, g.id, b.deep + 1, g.given_at, {_ENDS}
    from below b
    join mandate_given g on g.parent = b.id and g.revoked_at is null
    join mandate_version v on v.mandate_id = g.id and v.version = g.version
    where b.deep < {_MOST_DEEP} and {_ENDS} > $3
), placed as (
    select top, id, row_number() over (
        partition by top order by ends <= $2, deep, given_at desc, id desc) as place
    from below where deep > 0
)
select top, id from placed where place <= $4 order by top, place
"""  # noqa: S608 - of constants
_PASSED_ON = """
select g.given_at from mandate_given g
join mandate_version v on v.mandate_id = g.id and v.version = g.version
where g.parent = $1 and g.revoked_at is null and g.given_at > $3
  and coalesce((v.terms ->> 'ends')::timestamptz, 'infinity') > $2
order by g.given_at
"""
_THE_SAME = """
select w.place, g.*
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
    with ordinality as w (parent, machine, terms, begins, ends, place)
cross join lateral (
    select g.*, v.terms, v.granted_at, v.signed
    from mandate_given g
    join mandate_version v on v.mandate_id = g.id and v.version = g.version,
        lateral (select (v.terms ->> 'begins')::timestamptz, (v.terms ->> 'ends')::timestamptz)
            as t (begins, ends)
    where g.parent = w.parent and g.machine = w.machine and g.revoked_at is null
        and g.given_at > $8
        and v.terms - array['begins', 'ends'] = w.terms::jsonb - array['begins', 'ends']
        and t.begins is not distinct from w.begins
        and case when w.ends is null then t.ends > $7 else t.ends = w.ends and t.ends > $6 end
    limit 1
) g
"""
_REVOKE = """
with recursive below as (
    select id from mandate_given
    where owner_id = $1 and ($4::uuid is null or id = $4 or parent = $4)
      and ($5::text is null or machine = $5)
    union
    select g.id from mandate_given g join below b on g.parent = b.id
)
update mandate_given set revoked_at = $2, reason = $3
where id in (select id from below) and revoked_at is null
returning id, version, machine
"""
_GIVEN_TO = """
select owner_id, id from mandate_given
where machine = $1 and owner_id is distinct from $2 and revoked_at is null order by owner_id, id
"""


class Passing(NamedTuple):
    """What is to be passed on to a machine, and when it is to end."""

    parent: UUID
    to: str
    terms: Terms
    ends: datetime | None


async def chains(tx: Transaction, wanted: Collection[UUID]) -> dict[UUID, tuple[Mandate, ...]]:
    """Each of these mandates, followed by those that it was narrowed from. Revoked is whichever
    has a revoked one above it.
    """
    if not wanted:
        return {}
    found: dict[UUID, list[Mandate]] = {}
    for row in await tx.fetch(_CHAINS, sorted(wanted)):
        found.setdefault(row["asked"], []).append(_mandate(row))
    return {asked: data.as_one(chain) for asked, chain in found.items()}


def _mandate(row: Row | Mapping[str, Any]) -> Mandate:
    return Mandate(
        id=row["id"],
        owner_id=row["owner_id"],
        version=row["version"],
        terms=data.terms(row["terms"]),
        granted_at=row["granted_at"],
        revoked_at=row["revoked_at"],
        to=row["machine"],
        parent=row["parent"],
        signed=row["signed"],
    )


async def given_by(tx: Transaction, owner_id: UUID, now: datetime, most: int) -> list[UUID]:
    return [row["id"] for row in await tx.fetch(_GIVEN_BY, owner_id, now, most)]


async def may_act(
    tx: Transaction, owner_id: UUID, now: datetime, most: int
) -> tuple[list[str], int]:
    rows = await tx.fetch(_MAY_ACT, owner_id, now, most)
    return [row["machine"] for row in rows], rows[0]["number"] if rows else 0


async def below(
    tx: Transaction, tops: Collection[UUID], now: datetime, since: datetime, most: int
) -> list[tuple[UUID, UUID]]:
    rows = await tx.fetch(_BELOW, sorted(tops), now, since, most)
    return [(row["top"], row["id"]) for row in rows]


async def given_to(tx: Transaction, machine: str, but_of: UUID | None) -> list[tuple[UUID, UUID]]:
    return [(row["owner_id"], row["id"]) for row in await tx.fetch(_GIVEN_TO, machine, but_of)]


async def passed_on(
    tx: Transaction, parent: UUID, now: datetime, after: datetime
) -> list[datetime]:
    """When what is not over was narrowed from a mandate after `after`, the oldest first."""
    return [row["given_at"] for row in await tx.fetch(_PASSED_ON, parent, now, after)]


async def the_same(
    tx: Transaction, wanted: Sequence[Passing], now: datetime, lasts: timedelta
) -> list[Mandate | None]:
    """Of each one that was passed on so and is not over, in order: it ends when that is to end, or
    where no time is said, after half of what it `lasts` at most. It is as while its parent is good.
    """
    if not wanted:
        return []
    rows = await tx.fetch(
        _THE_SAME,
        *columns(
            (one.parent, one.to, json(data.as_data(one.terms)), one.terms.begins, one.ends)
            for one in wanted
        ),
        now,
        now + lasts / 2,
        now - lasts,
    )
    found = {row["place"]: _mandate(row) for row in rows}
    return [found.get(n) for n in range(1, len(wanted) + 1)]


async def above(tx: Transaction, owner_id: UUID, machine: str) -> list[UUID]:
    """Of what others passed on to the machine, that which it was passed on from."""
    rows = await tx.fetch(
        "select distinct p.id from mandate_given g join mandate_given p on p.id = g.parent"
        " where g.owner_id = $1 and g.machine = $2 and p.machine <> $2 and p.revoked_at is null",
        owner_id,
        machine,
    )
    return [row["id"] for row in rows]


async def revoked_of(tx: Transaction, after: datetime, beyond: str, most: int) -> list[Ended]:
    rows = await tx.fetch(
        "select revoked_at as at, id::text as id, machine from mandate_given"
        " where revoked_at >= $1 and (revoked_at, id::text) > ($1, $2)"
        " order by revoked_at, id::text limit $3",
        after,
        beyond,
        most,
    )
    return [Ended(**dict(row)) for row in rows]


async def add(
    tx: Transaction, owner_id: UUID, machine: str, parent: UUID | None, at: datetime
) -> UUID:
    new = ids.new()
    await tx.execute(
        "insert into mandate_given (id, owner_id, machine, parent, version, given_at)"
        " values ($1, $2, $3, $4, 1, $5)",
        new,
        owner_id,
        machine,
        parent,
        at,
    )
    return new


async def revoke(
    tx: Transaction,
    owner_id: UUID,
    at: datetime,
    reason: str,
    mandate_id: UUID | None,
    machine: str | None = None,
) -> list[tuple[UUID, int, str | None]]:
    """Take back one of an owner's mandates, or those of a machine, and all that was passed on of
    them; without either all.
    """
    rows = await tx.fetch(_REVOKE, owner_id, at, reason, mandate_id, machine)
    return [(row["id"], row["version"], row["machine"]) for row in rows]
