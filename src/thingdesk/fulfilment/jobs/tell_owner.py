from datetime import datetime, timedelta

from thingdesk import cases, notices, parties, timeline
from thingdesk.cases import Case
from thingdesk.fulfilment.events import JobUnderWay
from thingdesk.fulfilment.jobs.model import Job, JobState, key
from thingdesk.notices import Notice, Recipient
from thingdesk.parties import Owner
from thingdesk.platform import durable
from thingdesk.platform.database import Transaction
from thingdesk.platform.formats import moment

WORTH_TELLING = timedelta(minutes=10)
_MOST = 50


async def tell_arrival(tx: Transaction, job: Job, arrival: datetime) -> None:
    """Tell the owner whose machine waits for help when that comes: more than ten minutes later, or
    earlier, than they were told last. The first time is for the journey to tell, if it has not
    ceased to wait for it.
    """
    case = await cases.get(tx, job.offer.case_id)
    if case is None or case.owner_id is None or not case.safety or job.offer.appointment:
        return
    told = await _told(tx, job)
    news = abs(arrival - told) > WORTH_TELLING if told else await _went_on(tx, job)
    owner = await parties.get_owner(tx, case.owner_id)
    if owner and news:
        provider = await parties.get_provider(tx, job.offer.provider)
        who = provider.name if provider else "Help"
        notices.tell(tx, _mail(job, case, owner, f"{who} {_how(told, arrival)}", arrival))


async def _went_on(tx: Transaction, job: Job) -> bool:
    """Whether the journey waits only for the work to be done."""
    runs = await durable.standing(tx, [job.offer.run_id])
    return any(key(job.id, JobState.DONE) in run.waits_for for run in runs)


async def _told(tx: Transaction, job: Job) -> datetime | None:
    """The time that the owner was told last: the first one, or a later one that was far from it.
    Told by small steps, they would never hear that an hour has become two.
    """
    stream = f"case:{job.offer.case_id}"
    said = await timeline.latest_of(tx, stream, _MOST, [JobUnderWay.kind])
    last: datetime | None = None
    for entry in reversed(said):
        if entry.value and entry.value["job"] == str(job.id):
            at = datetime.fromisoformat(entry.value["arrival"])
            if last is None or abs(at - last) > WORTH_TELLING:
                last = at
    return last


def _how(told: datetime | None, arrival: datetime) -> str:
    if told is None:
        return "is expected"
    return f"comes {'later' if arrival > told else 'earlier'} than expected:"


def _mail(job: Job, case: Case, owner: Owner, first: str, arrival: datetime) -> Notice:
    words = f"{first} on {moment(arrival, owner.zone)} ({owner.zone}), to {job.offer.machine}."
    data = {"job": str(job.id), "arrival": arrival.isoformat()}
    return Notice(Recipient.owner(owner.id), "case.told", words, case.id, data)
