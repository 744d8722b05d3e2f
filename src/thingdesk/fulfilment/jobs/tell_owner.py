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
MOST_TOLD = 5
"""Mails about one job: who moves the time back and forth must not fill an owner's box."""
_KIND, _MOST = "case.told", 50


async def tell_arrival(tx: Transaction, job: Job, arrival: datetime) -> None:
    """Tell the owner whose machine waits for help when that comes: more than ten minutes later, or
    earlier, than they were told last, and `MOST_TOLD` times at most; their page shows it always.
    The first time is for the journey to tell, if it has not ceased to wait for it.
    """
    case = await cases.get(tx, job.offer.case_id)
    if case is None or case.owner_id is None or not case.safety or job.offer.appointment:
        return
    told = await _told(tx, job)
    news = abs(arrival - told) > WORTH_TELLING if told else await _went_on(tx, job)
    owner = await parties.get_owner(tx, case.owner_id)
    sent = await _sent(tx, job) if news else 0
    if owner and news and sent < MOST_TOLD:
        provider = await parties.get_provider(tx, job.offer.provider)
        who = provider.name if provider else "Help"
        last = sent + 1 == MOST_TOLD
        notices.tell(tx, _mail(job, case, owner, f"{who} {_how(told, arrival)}", arrival, last))


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


async def _sent(tx: Transaction, job: Job) -> int:
    """How often the desk has told the owner of this job's time."""
    told = [one.notice for one in await notices.of_case(tx, job.offer.case_id)]
    return sum(one.kind == _KIND and one.data.get("job") == str(job.id) for one in told)


def _how(told: datetime | None, arrival: datetime) -> str:
    if told is None:
        return "is expected"
    return f"comes {'later' if arrival > told else 'earlier'} than expected:"


def _mail(job: Job, case: Case, owner: Owner, first: str, arrival: datetime, last: bool) -> Notice:
    words = f"{first} on {moment(arrival, owner.zone)} ({owner.zone}), to {job.offer.machine}."
    if last:
        words += " Should that change again, your page shows it, and no mail is sent."
    data = {"job": str(job.id), "arrival": arrival.isoformat()}
    return Notice(Recipient.owner(owner.id), _KIND, words, case.id, data)
