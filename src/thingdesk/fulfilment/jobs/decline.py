from dataclasses import replace
from uuid import UUID

from thingdesk.fulfilment import bounds
from thingdesk.fulfilment.events import JobDeclined
from thingdesk.fulfilment.jobs.answer import moves, open_job, record
from thingdesk.fulfilment.jobs.model import Job, JobState
from thingdesk.platform.database import Transaction

_MOST_REASON = 500


async def decline(tx: Transaction, job_id: UUID, provider: UUID, reason: str = "") -> Job:
    """The provider says no. Raises Refused when the offer has ended or was accepted."""
    bounds.check("answer_invalid", bounds.text("reason", reason, _MOST_REASON))
    job = await open_job(tx, job_id, provider)
    if not moves(job, JobState.DECLINED):
        return job
    declined = replace(job, state=JobState.DECLINED, reason=reason)
    return await record(tx, job, declined, JobDeclined(job_id, provider, reason))
