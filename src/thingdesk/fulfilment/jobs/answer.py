"""What all answers to a job have in common: the lock, the rule, the row, the message."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from thingdesk.fulfilment.events import tell_case
from thingdesk.fulfilment.jobs import store
from thingdesk.fulfilment.jobs.model import Evidence, Job, JobState, Move, keys, move
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.timeline import Event


async def open_job(tx: Transaction, job_id: UUID, provider: UUID) -> Job:
    """The job, locked. Raises Refused `job_unknown`, for another provider's job as well."""
    job = (await store.lock(tx, [job_id])).get(job_id)
    if job is None or job.offer.provider != provider:
        raise refuse("job_unknown", "there is no such job for this provider", Recovery.CONTACT_US)
    return job


def moves(job: Job, to: JobState) -> bool:
    """Whether to go on; False for an answer that was given before. Raises Refused."""
    match move(job, to, clock.now()):
        case Refusal() as refusal:
            raise Refused(refusal)
        case Move() as answer:
            return answer is Move.ON


async def record(tx: Transaction, before: Job, after: Job, event: Event) -> Job:
    """Store what changed, write it on the case's timeline and tell the journey."""
    return (await record_all(tx, [(before, after, event)]))[0]


async def record_all(tx: Transaction, changes: Sequence[tuple[Job, Job, Event]]) -> list[Job]:
    """The same for many jobs, which are locked."""
    at = clock.now()
    moved = [
        replace(after, reached={**before.reached, after.state: at}) for before, after, _ in changes
    ]
    await store.save(tx, moved)
    for (before, _, event), job in zip(changes, moved, strict=True):
        tell_case(tx, job.offer.case_id, event)
        for one in keys(before, job.state):
            durable.send(tx, job.offer.run_id, one, message(job))
    answered = [
        job.id
        for (before, _, _), job in zip(changes, moved, strict=True)
        if before.state is JobState.OFFERED
    ]
    await store.drop_offers(tx, answered)
    return moved


def message(job: Job) -> dict[str, Any]:
    """What the journey hears: the job's id, provider, state, and what the provider said."""
    return {
        "job": str(job.id),
        "provider": str(job.offer.provider),
        "state": job.state.value,
        "at": job.reached[job.state].isoformat(),
        "arrival": job.arrival.isoformat() if job.arrival else None,
        "reason": job.reason,
        "evidence": _plain(job.evidence),
    }


def _plain(evidence: Evidence | None) -> dict[str, Any] | None:
    return {"words": evidence.words, "data": dict(evidence.data)} if evidence else None
