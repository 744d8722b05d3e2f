from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from thingdesk.fulfilment import bounds
from thingdesk.fulfilment.events import JobDone
from thingdesk.fulfilment.jobs.answer import moves, open_job, record
from thingdesk.fulfilment.jobs.model import Evidence, Job, JobState
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, refuse


async def done(tx: Transaction, job_id: UUID, provider: UUID, evidence: Evidence) -> Job:
    """The provider says that the work is done; what was agreed is due to it from now on.

    Raises Refused when the job is not accepted or was cancelled, the evidence has no words or is
    too large, or the job was said to be done with other evidence.
    """
    bounds.check(
        "answer_invalid",
        _said(evidence.words),
        bounds.text("words", evidence.words),
        bounds.document("data", evidence.data),
    )
    job = await open_job(tx, job_id, provider)
    if not moves(job, JobState.DONE):
        if job.evidence != evidence:
            raise refuse("job_done", "the job was done with other evidence", Recovery.CONTACT_US)
        return job
    finished = replace(job, state=JobState.DONE, evidence=evidence)
    return await record(tx, job, finished, _event(finished, evidence))


def _said(words: str) -> Iterator[FieldError]:
    if not words.strip():
        yield FieldError("words", "is missing", "say what was done")


def _event(job: Job, evidence: Evidence) -> JobDone:
    amount = job.due
    return JobDone(
        job.id,
        job.offer.provider,
        evidence.words,
        dict(evidence.data),
        amount.minor if amount else None,
        amount.currency if amount else None,
    )
