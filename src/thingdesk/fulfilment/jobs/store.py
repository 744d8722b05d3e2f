from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk.fulfilment.jobs.model import (
    BACKOFF,
    DeliveryKind,
    Evidence,
    Job,
    JobOffer,
    JobState,
)
from thingdesk.parties import Position
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Row, Transaction, columns, json
from thingdesk.platform.money import Money

Claimed = tuple[UUID, UUID, DeliveryKind, int]

_INSERT = """
insert into job (id, run_id, case_id, machine, provider, task, words, part, lat, lon, appointment,
                 details, amount_minor, amount_currency, answer_by, reached, offered_at)
select id, run_id, case_id, machine, provider, task, words, part, lat, lon, appointment,
       details::jsonb, amount_minor, amount_currency, answer_by, reached::jsonb, $17
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[],
            $8::text[], $9::float8[], $10::float8[], $11::uuid[], $12::text[], $13::bigint[],
            $14::text[], $15::timestamptz[], $16::text[])
    as t (id, run_id, case_id, machine, provider, task, words, part, lat, lon, appointment,
          details, amount_minor, amount_currency, answer_by, reached)
on conflict do nothing
returning id
"""
_SAVE = """
update job j
set state = t.state, reached = t.reached::jsonb, arrival = t.arrival, reason = t.reason,
    evidence = t.evidence::jsonb
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
    as t (id, state, reached, arrival, reason, evidence)
where j.id = t.id
"""
_PUT_DELIVERY = """
insert into job_delivery (id, job_id, kind, next_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])
on conflict do nothing
"""
# Locked after the share is known: the rows that one worker has taken are passed over by the others.
_LOCK_DUE = """
with due as (
    select d.id, row_number() over (partition by j.provider order by d.next_at, d.id) as place
    from job_delivery d join job j on j.id = d.job_id
    where d.state = 'waiting' and d.next_at <= $1 and j.provider <> all($4)
)
select id, job_id, kind, attempts from job_delivery
where state = 'waiting' and next_at <= $1
  and id = any(array(select id from due where place <= $3))
order by next_at limit $2 for update skip locked
"""
_PLAN = """
update job_delivery d set attempts = d.attempts + 1, next_at = t.next_at
from unnest($1::uuid[], $2::timestamptz[]) as t (id, next_at)
where d.id = t.id
"""
_TO_A_MACHINE = 741_330_213
_ACTIVE = "('offered', 'accepted', 'under_way', 'arrived')"


async def insert(tx: Transaction, offers: Sequence[JobOffer]) -> set[UUID]:
    """Insert what is new; the ids of that."""
    now = clock.now()
    reached = json({JobState.OFFERED.value: now})
    rows = [(*_columns(one), reached) for one in offers]
    new = await tx.fetch(_INSERT, *columns(rows), now)
    return {row["id"] for row in new}


async def save(tx: Transaction, jobs: Sequence[Job]) -> None:
    rows = [
        (
            job.id,
            job.state.value,
            json({state.value: at for state, at in job.reached.items()}),
            job.arrival,
            job.reason,
            json(job.evidence) if job.evidence else None,
        )
        for job in jobs
    ]
    await tx.execute(_SAVE, *columns(rows))


async def lock(tx: Transaction, job_ids: Sequence[UUID]) -> dict[UUID, Job]:
    """The jobs, kept from others until this transaction ends."""
    rows = await tx.fetch(
        "select * from job where id = any($1) order by id for update", list(job_ids)
    )
    return {row["id"]: _job(row) for row in rows}


async def lock_unanswered(tx: Transaction, at: datetime, most: int) -> list[Job]:
    rows = await tx.fetch(
        "select * from job where state = 'offered' and answer_by <= $1"
        " order by answer_by limit $2 for update skip locked",
        at,
        most,
    )
    return [_job(row) for row in rows]


async def get(tx: Transaction, job_ids: Sequence[UUID]) -> dict[UUID, Job]:
    rows = await tx.fetch("select * from job where id = any($1)", list(job_ids))
    return {row["id"]: _job(row) for row in rows}


async def get_job(tx: Transaction, job_id: UUID) -> Job | None:
    """The job, for whoever holds a link to it; None when there is none."""
    return (await get(tx, [job_id])).get(job_id)


async def jobs_of(tx: Transaction, case_id: UUID, most: int = 100) -> list[Job]:
    """The newest jobs of a case, the oldest of them first."""
    newest = "select * from job where case_id = $1 order by offered_at desc, id desc limit $2"
    return [_job(row) for row in reversed(await tx.fetch(newest, case_id, most))]


async def jobs_of_provider(tx: Transaction, provider: UUID, most: int) -> list[Job]:
    """The jobs that a provider was offered, the newest first."""
    rows = await tx.fetch(
        "select * from job where provider = $1 order by offered_at desc, id desc limit $2",
        provider,
        most,
    )
    return [_job(row) for row in rows]


async def in_hand(tx: Transaction, providers: Sequence[UUID]) -> dict[UUID, int]:
    """How many jobs each provider has accepted, or is offered, and has not ended."""
    rows = await tx.fetch(
        "select provider, count(*) as jobs from job where provider = any($1)"  # noqa: S608 - constants
        f" and state in {_ACTIVE} group by provider",
        list(providers),
    )
    return {row["provider"]: row["jobs"] for row in rows}


async def lock_machine(tx: Transaction, machine: str) -> None:
    await tx.execute("select pg_advisory_xact_lock($1, hashtext($2))", _TO_A_MACHINE, machine)


async def is_under_way(tx: Transaction, machine: str, task: str) -> bool:
    """Whether a job for now with this task is offered, or more."""
    found: bool = await tx.fetchval(
        "select exists (select from job where machine = $1 and task = $2"  # noqa: S608 - constants
        f" and appointment is null and state in {_ACTIVE})",
        machine,
        task,
    )
    return found


async def busy(tx: Transaction, providers: Sequence[UUID]) -> dict[UUID, int]:
    """How many jobs each provider has in hand now; those with an appointment have their time."""
    rows = await tx.fetch(
        "select provider, count(*) as jobs from job where provider = any($1)"  # noqa: S608 - constants
        f" and state in {_ACTIVE} and appointment is null group by provider",
        list(providers),
    )
    return {row["provider"]: row["jobs"] for row in rows}


def _columns(offer: JobOffer) -> tuple[Any, ...]:
    return (
        offer.effect_id,
        offer.run_id,
        offer.case_id,
        offer.machine,
        offer.provider,
        offer.task,
        offer.words,
        offer.part,
        offer.position.lat if offer.position else None,
        offer.position.lon if offer.position else None,
        offer.appointment,
        json(dict(offer.details)),
        offer.amount.minor if offer.amount else None,
        offer.amount.currency if offer.amount else None,
        offer.answer_by,
    )


def _job(row: Row) -> Job:
    evidence = row["evidence"]
    return Job(
        _offer(row),
        JobState(row["state"]),
        _reached(row["reached"]),
        row["arrival"],
        row["reason"],
        Evidence(evidence["words"], evidence["data"]) if evidence else None,
    )


def _reached(stored: dict[str, str]) -> dict[JobState, datetime]:
    # jsonb keeps no order
    times = {JobState(state): datetime.fromisoformat(at) for state, at in stored.items()}
    return dict(sorted(times.items(), key=lambda one: one[1]))


def _offer(row: Row) -> JobOffer:
    placed, paid = row["lat"] is not None, row["amount_minor"] is not None
    return JobOffer(
        effect_id=row["id"],
        run_id=row["run_id"],
        case_id=row["case_id"],
        machine=row["machine"],
        provider=row["provider"],
        task=row["task"],
        words=row["words"],
        answer_by=row["answer_by"],
        position=Position(row["lat"], row["lon"]) if placed else None,
        part=row["part"],
        appointment=row["appointment"],
        amount=Money(row["amount_minor"], row["amount_currency"]) if paid else None,
        details=row["details"],
    )


def put_delivery(tx: Transaction, job_id: UUID, kind: DeliveryKind) -> None:
    tx.defer(_PUT_DELIVERY, (ids.new(), job_id, kind.value, clock.now()))
    tx.notify("job_delivery")


async def claim_deliveries(
    tx: Transaction, most: int, each: int, without: Collection[UUID]
) -> list[Claimed]:
    """The deliveries that are due, `each` a provider at most, with their next attempts planned."""
    now = clock.now()
    rows = await tx.fetch(_LOCK_DUE, now, most, each, list(without))
    again = [now + BACKOFF.pause(row["attempts"] + 1, ids.draw()) for row in rows]
    if rows:
        await tx.execute(_PLAN, [row["id"] for row in rows], again)
    return [
        (row["id"], row["job_id"], DeliveryKind(row["kind"]), row["attempts"] + 1) for row in rows
    ]


async def end_delivery(
    tx: Transaction, delivery_id: UUID, problem: str | None
) -> tuple[UUID, DeliveryKind, int] | None:
    """End a delivery, by `problem` or well; its job, kind and attempts, None if it had ended."""
    row = await tx.fetchrow(
        "update job_delivery set state = $2, problem = $3 where id = $1 and state = 'waiting'"
        " returning job_id, kind, attempts",
        delivery_id,
        "given_up" if problem else "delivered",
        problem,
    )
    return (row["job_id"], DeliveryKind(row["kind"]), row["attempts"]) if row else None


async def note_problem(tx: Transaction, delivery_id: UUID, problem: str) -> int:
    """Keep why an attempt failed; how many attempts there were."""
    attempts: int | None = await tx.fetchval(
        "update job_delivery set problem = $2 where id = $1 and state = 'waiting'"
        " returning attempts",
        delivery_id,
        problem,
    )
    return attempts or 0


async def drop_offers(tx: Transaction, job_ids: Sequence[UUID]) -> None:
    """An offer that has its answer needs no further attempt."""
    if job_ids:
        await tx.execute(
            "update job_delivery set state = 'given_up', problem = 'the offer has its answer'"
            " where job_id = any($1) and kind = 'job.offered' and state = 'waiting'",
            list(job_ids),
        )


async def measure(tx: Transaction, now: datetime) -> tuple[int, datetime]:
    """How many wait, and since when the oldest attempt is due."""
    row = await tx.fetchrow(
        "select count(*) as n, least(min(next_at), $1) as since from job_delivery"
        " where state = 'waiting'",
        now,
    )
    return (row["n"], row["since"]) if row else (0, now)


async def erase(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    await tx.execute(
        "update job set words = '(erased)', lat = null, lon = null, details = '{}', reason = null,"
        " evidence = null where case_id = any($1)",
        list(case_ids),
    )
