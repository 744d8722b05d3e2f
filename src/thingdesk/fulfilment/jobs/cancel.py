from dataclasses import replace
from uuid import UUID

from thingdesk.fulfilment.events import JobCancelled
from thingdesk.fulfilment.jobs import store
from thingdesk.fulfilment.jobs.answer import record
from thingdesk.fulfilment.jobs.model import DeliveryKind, Job, JobState, Move, move
from thingdesk.fulfilment.jobs.offer import being_offered
from thingdesk.fulfilment.jobs.tell_provider import tell_provider
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def cancel_job(tx: Transaction, job_id: UUID, reason: str) -> Job | None:
    """Take a job back; the job as it then stands, None when it was never offered.

    A job that is over stays as it is: look at its state. The provider is told, with the reason.
    """
    if being_offered(tx):  # perhaps in this very transaction
        await tx.flush()
    job = (await store.lock(tx, [job_id])).get(job_id)
    if job is None or move(job, JobState.CANCELLED, clock.now()) is not Move.ON:
        return job
    cancelled = replace(job, state=JobState.CANCELLED, reason=reason)
    await tell_provider(tx, DeliveryKind.CANCELLED, [job.offer], reason)
    return await record(tx, job, cancelled, JobCancelled(job_id, job.offer.provider, reason))
