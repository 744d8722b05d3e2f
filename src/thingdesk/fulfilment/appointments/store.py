from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.fulfilment.appointments.model import Appointment, AppointmentState, Period
from thingdesk.platform import clock
from thingdesk.platform.database import Row, Transaction, columns

_DIARY = 1_908_422_301
# no appointment is longer than a day: what began before that need not be looked at
_BOOKED = """
select t.n, a.starts, a.ends
from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) with ordinality
    as t (provider, since, until, n)
join appointment a on a.provider = t.provider and a.state = 'booked'
    and a.starts < t.until and a.starts > t.since - interval '25 hours' and a.ends > t.since
"""
_HOW_MANY = """
select (
    select count(*) from appointment a where a.provider = t.provider and a.state = 'booked'
        and a.starts < t.until and a.starts > t.since - interval '25 hours' and a.ends > t.since
) as meet
from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) with ordinality
    as t (provider, since, until, n)
order by t.n
"""
# in the order in which they are given: sorted, so that no two wait for each other
_LOCK_DIARIES = """
select pg_advisory_xact_lock(hashtextextended(provider::text, $2))
from unnest($1::uuid[]) as t (provider)
"""
_INSERT = """
insert into appointment (id, case_id, machine, provider, starts, ends, booked_at)
select *, $7::timestamptz from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[],
                                      $5::timestamptz[], $6::timestamptz[])
    as t (id, case_id, machine, provider, starts, ends)
order by t.id
on conflict do nothing returning id
"""
_NEXT = """
select p.provider, a.starts from unnest($1::uuid[]) as p (provider)
join lateral (
    select starts from appointment
    where provider = p.provider and state = 'booked' and starts > $2
    order by starts limit 1
) a on true
"""


async def lock_diaries(tx: Transaction, providers: Sequence[UUID]) -> None:
    """Wait until nobody else books with these providers, which are sorted, and keep it so until
    the commit.
    """
    await tx.execute(_LOCK_DIARIES, list(providers), _DIARY)


async def booked(tx: Transaction, wanted: Sequence[tuple[UUID, Period]]) -> list[list[Period]]:
    """What is booked at a provider and meets a period, for many of them, in order."""
    rows = await tx.fetch(
        _BOOKED,
        [provider for provider, _ in wanted],
        [within.start for _, within in wanted],
        [within.end for _, within in wanted],
    )
    found: list[list[Period]] = [[] for _ in wanted]
    for row in rows:
        found[row["n"] - 1].append(Period(row["starts"], row["ends"]))
    return found


async def how_many(
    tx: Transaction, wanted: Collection[tuple[UUID, Period]]
) -> dict[tuple[UUID, Period], int]:
    """How many appointments at a provider meet a period, for many of them."""
    rows = await tx.fetch(
        _HOW_MANY,
        [provider for provider, _ in wanted],
        [within.start for _, within in wanted],
        [within.end for _, within in wanted],
    )
    return {one: row["meet"] for one, row in zip(wanted, rows, strict=True)}


async def busy(tx: Transaction, providers: Sequence[UUID], at: datetime) -> dict[UUID, int]:
    """How many appointments each provider has at `at`."""
    rows = await tx.fetch(
        "select provider, count(*) as booked from appointment where provider = any($1)"
        " and state = 'booked' and starts <= $2 and ends > $2 group by provider",
        list(providers),
        at,
    )
    return {row["provider"]: row["booked"] for row in rows}


async def insert(tx: Transaction, wanted: Sequence[Appointment]) -> set[UUID]:
    """Insert what is new; its ids."""
    rows = [
        (one.id, one.case_id, one.machine, one.provider, one.period.start, one.period.end)
        for one in wanted
    ]
    inserted = await tx.fetch(_INSERT, *columns(rows), clock.now())
    return {row["id"] for row in inserted}


async def get(tx: Transaction, effect_id: UUID) -> Appointment | None:
    row = await tx.fetchrow("select * from appointment where id = $1", effect_id)
    return _appointment(row) if row else None


async def cancel(tx: Transaction, effect_id: UUID) -> Appointment | None:
    """Cancel what is booked; the appointment, None when there was nothing to cancel."""
    row = await tx.fetchrow(
        "update appointment set state = 'cancelled', cancelled_at = $2"
        " where id = $1 and state = 'booked' returning *",
        effect_id,
        clock.now(),
    )
    return _appointment(row) if row else None


async def appointments(tx: Transaction, wanted: Sequence[UUID]) -> dict[UUID, Appointment]:
    """Those with these ids."""
    rows = await tx.fetch("select * from appointment where id = any($1)", list(wanted))
    return {row["id"]: _appointment(row) for row in rows}


async def next_starts(
    tx: Transaction, providers: Sequence[UUID], at: datetime
) -> dict[UUID, datetime]:
    """When the first appointment after `at` is, of each provider that has one."""
    rows = await tx.fetch(_NEXT, list(providers), at)
    return {row["provider"]: row["starts"] for row in rows}


async def appointments_of(tx: Transaction, case_id: UUID, most: int = 100) -> list[Appointment]:
    """The newest appointments of a case, the oldest of them first."""
    rows = await tx.fetch(
        "select * from (select * from appointment where case_id = $1"
        " order by booked_at desc, id desc limit $2) newest order by booked_at, id",
        case_id,
        most,
    )
    return [_appointment(row) for row in rows]


def _appointment(row: Row) -> Appointment:
    return Appointment(
        row["id"],
        row["case_id"],
        row["machine"],
        row["provider"],
        Period(row["starts"], row["ends"]),
        AppointmentState(row["state"]),
    )
