from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.fulfilment import bounds
from thingdesk.fulfilment.events import JobUnderWay, tell_case
from thingdesk.fulfilment.jobs import store
from thingdesk.fulfilment.jobs.answer import moves, open_job, record
from thingdesk.fulfilment.jobs.model import Job, JobState
from thingdesk.fulfilment.jobs.tell_owner import tell_arrival
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError

_LONGEST = timedelta(days=7)
_SLACK = timedelta(minutes=5)  # a provider's clock may be off, or it is there already


async def under_way(tx: Transaction, job_id: UUID, provider: UUID, arrival: datetime) -> Job:
    """The provider is on its way and will be there at `arrival`; said again, a new estimate.

    A new estimate is on the timeline and in the job; the journey hears of the first one, and the
    owner who waits for help of one that is far from what they were told, or that the journey had
    ceased to wait for.
    Raises Refused when the job is not accepted or is over, or `arrival` cannot be.
    """
    bounds.check("answer_invalid", _problems(arrival))
    job = await open_job(tx, job_id, provider)
    on_the_way = replace(job, state=JobState.UNDER_WAY, arrival=arrival)
    event = JobUnderWay(job_id, provider, arrival)
    if moves(job, JobState.UNDER_WAY):
        await tell_arrival(tx, job, arrival)
        return await record(tx, job, on_the_way, event)
    if job.state is not JobState.UNDER_WAY or job.arrival == arrival:
        return job
    await tell_arrival(tx, job, arrival)
    await store.save(tx, [on_the_way])
    tell_case(tx, job.offer.case_id, event)
    return on_the_way


def _problems(arrival: datetime) -> Iterator[FieldError]:
    if arrival.tzinfo is None:
        yield FieldError("arrival", "has no zone", "add the offset from UTC, such as Z")
    elif not -_SLACK <= arrival - clock.now() <= _LONGEST:
        yield FieldError("arrival", "is past or a week away", "send a time of the next seven days")
