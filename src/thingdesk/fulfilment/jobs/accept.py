from dataclasses import replace
from uuid import UUID

from thingdesk.fulfilment.events import JobAccepted
from thingdesk.fulfilment.jobs.answer import moves, open_job, record
from thingdesk.fulfilment.jobs.model import Job, JobState
from thingdesk.platform.database import Transaction


async def accept(tx: Transaction, job_id: UUID, provider: UUID) -> Job:
    """The provider takes the job. Raises Refused when the offer has ended."""
    job = await open_job(tx, job_id, provider)
    if not moves(job, JobState.ACCEPTED):
        return job
    accepted = replace(job, state=JobState.ACCEPTED)
    return await record(tx, job, accepted, JobAccepted(job_id, provider))
