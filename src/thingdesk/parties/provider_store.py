from base64 import b64encode
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.parties.model import NewProvider, Position, Provider, WeeklyHours
from thingdesk.platform import ids
from thingdesk.platform.database import Row, Transaction

_SELECT = """
select id, name, kinds, skills, lat, lon, zone, hours, capacity, webhook_url, webhook_secret, email
from provider
"""
_PUT = """
insert into provider as p
    (id, name, kinds, skills, lat, lon, zone, hours, capacity, webhook_url, webhook_secret, email,
     added_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (name) do update
set kinds = excluded.kinds, skills = excluded.skills, lat = excluded.lat, lon = excluded.lon,
    zone = excluded.zone, hours = excluded.hours, capacity = excluded.capacity,
    webhook_url = excluded.webhook_url, email = excluded.email
where (p.kinds, p.skills, p.lat, p.lon, p.zone, p.hours, p.capacity, p.webhook_url, p.email)
    is distinct from (excluded.kinds, excluded.skills, excluded.lat, excluded.lon, excluded.zone,
        excluded.hours, excluded.capacity, excluded.webhook_url, excluded.email)
returning true
"""


def _provider(row: Row) -> Provider:
    return Provider(
        id=row["id"],
        name=row["name"],
        kinds=tuple(row["kinds"]),
        skills=tuple(row["skills"]),
        position=Position(row["lat"], row["lon"]),
        zone=row["zone"],
        hours=WeeklyHours.from_data(row["hours"]),
        capacity=row["capacity"],
        webhook_url=row["webhook_url"],
        webhook_secret=row["webhook_secret"],
        email=row["email"],
    )


def _webhook_secret() -> str:
    # the form in which libraries of Standard Webhooks take a secret
    return "whsec_" + b64encode(ids.secret().encode()).decode()


async def put(tx: Transaction, new: NewProvider, at: datetime) -> tuple[Provider, bool]:
    """The provider as they now are, and whether anything was written."""
    written = await tx.fetchval(
        _PUT,
        ids.new(),
        new.name,
        list(new.kinds),
        list(new.skills),
        new.position.lat,
        new.position.lon,
        new.zone,
        new.hours.as_data(),
        new.capacity,
        new.webhook_url,
        _webhook_secret(),
        new.email,
        at,
    )
    row = await tx.fetchrow(_SELECT + "where name = $1", new.name)
    if row is None:
        raise LookupError(f"the provider {new.name!r} is not where it was written")
    return _provider(row), bool(written)


async def get_many(tx: Transaction, providers: Sequence[UUID]) -> dict[UUID, Provider]:
    rows = await tx.fetch(_SELECT + "where id = any($1)", list(providers))
    return {row["id"]: _provider(row) for row in rows}


async def find(tx: Transaction, after: str, most: int) -> list[Provider]:
    rows = await tx.fetch(_SELECT + "where name > $1 order by name limit $2", after, most)
    return [_provider(row) for row in rows]


async def kinds(tx: Transaction) -> list[str]:
    rows = await tx.fetch("select distinct unnest(kinds) as kind from provider order by kind")
    return [row["kind"] for row in rows]


async def of_kinds(tx: Transaction, kinds: Collection[str]) -> list[Provider]:
    rows = await tx.fetch(_SELECT + "where kinds && $1::text[] order by name", list(kinds))
    return [_provider(row) for row in rows]
