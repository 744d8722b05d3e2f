from dataclasses import replace
from uuid import UUID

from thingdesk.fulfilment.events import JobArrived
from thingdesk.fulfilment.jobs.answer import moves, open_job, record
from thingdesk.fulfilment.jobs.model import Job, JobState
from thingdesk.platform.database import Transaction


async def arrived(tx: Transaction, job_id: UUID, provider: UUID) -> Job:
    """The provider is where the machine is. Raises Refused as `under_way` does."""
    job = await open_job(tx, job_id, provider)
    if not moves(job, JobState.ARRIVED):
        return job
    there = replace(job, state=JobState.ARRIVED)
    return await record(tx, job, there, JobArrived(job_id, provider))
