from dataclasses import replace

from thingdesk.fulfilment.events import JobExpired
from thingdesk.fulfilment.jobs import store
from thingdesk.fulfilment.jobs.answer import record_all
from thingdesk.fulfilment.jobs.model import Job, JobState
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def expire_jobs(tx: Transaction, most: int = 200) -> int:
    """End the offers whose deadline has passed, `most` at a time; how many there were."""
    unanswered = await store.lock_unanswered(tx, clock.now(), most)
    if unanswered:
        await record_all(tx, [_expired(job) for job in unanswered])
    return len(unanswered)


def _expired(job: Job) -> tuple[Job, Job, JobExpired]:
    event = JobExpired(job.id, job.offer.provider)
    return job, replace(job, state=JobState.EXPIRED), event
