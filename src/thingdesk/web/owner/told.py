"""A case, as its owner is told of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from thingdesk import cases, decisions, fulfilment, journeys, mandates, parties
from thingdesk.cases import Case, Verification
from thingdesk.decisions import Decision, State, To, option_words
from thingdesk.fulfilment import Appointment, Job, JobState, SentCommand, command_key, job_key
from thingdesk.platform import durable, formats
from thingdesk.platform.database import Transaction
from thingdesk.web.owner.effects import Effect, effects, standings

_MOST = 100
_HOW = {
    State.ANSWERED: "You said:",
    State.EXPIRED: "There was no answer, so it is:",
    State.SPARED: "You were asked enough that week, so it is:",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """What a case waits for; `until` when that ends, where something says so."""

    words: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A case with what was done for it, what it waits for, and how questions to the owner were
    settled. `identity` tells it from others of its machine. `cut`: more was done before than is
    shown.
    """

    case: Case
    identity: str
    happened: str
    effects: tuple[Effect, ...]
    waits: tuple[Wait, ...]
    settled: tuple[str, ...]
    cut: bool

    @property
    def outcome(self) -> str:
        """How it ended, in words to the owner."""
        code = (self.case.outcome_data or {}).get("code")
        return mandates.to_owner(str(code), self.case.outcome_words or "")

    @property
    def running(self) -> list[Effect]:
        """What goes on without anybody's doing."""
        return [one for one in self.effects if one.runs]


async def tell(tx: Transaction, case: Case, zone: str) -> Told:
    entries = await journeys.effects_of(tx, case.id, _MOST + 1)
    jobs = await fulfilment.jobs_of(tx, case.id)
    commands = await fulfilment.commands_of(tx, case.id)
    known = standings(jobs, commands, await fulfilment.parts_of(tx, case.id), zone)
    asked = await decisions.of_case(tx, case.id)
    ended = case.state is cases.State.ENDED
    under = await cases.asked_under(tx, case.id)
    given = await mandates.get(tx, under) if under else None
    return Told(
        case,
        (await cases.identity_words(tx, [case]))[case.id],
        cases.happened(case, zone, "yours"),
        effects(entries[-_MOST:], known, zone, ended=ended, by=given.to if given else None),
        () if ended else tuple(await _waits(tx, case, asked, jobs, commands, zone)),
        tuple(words for one in asked if (words := _settled(one, zone))),
        len(entries) > _MOST,
    )


async def _waits(
    tx: Transaction,
    case: Case,
    asked: Sequence[Decision],
    jobs: Sequence[Job],
    commands: Sequence[SentCommand],
    zone: str,
) -> Iterable[Wait]:
    """What stands behind the keys that the case's journeys wait for."""
    running = [run[0] for run in await journeys.of_case(tx, case.id) if run[4] is None]
    going = await durable.standing(tx, running)
    if any(one.problem for one in going):
        return [Wait("our staff, who look into it")]
    keys = [key for one in going for key in one.waits_for]
    names = await parties.get_providers(tx, [one.offer.provider for one in jobs])
    booked = {one.id: one for one in await fulfilment.appointments_of(tx, case.id)}
    known: dict[str, Wait] = {one.question.key: _decision(one) for one in asked}
    for job in jobs:
        provider = names.get(job.offer.provider)
        known |= _job(job, provider.name if provider else "the provider", booked, zone)
    known |= {command_key(one.id): _command(one) for one in commands}
    known |= {one.key: _proof(one) for one in await cases.verifications_of(tx, case.id)}
    return [known[key] for key in keys if key in known]


def _settled(one: Decision, zone: str) -> str | None:
    """How a question to the owner was settled, where an answer was taken."""
    option = one.question.option(one.chosen)
    how = _HOW.get(one.state)
    if one.question.to is not To.OWNER or option is None or how is None:
        return None
    return f"{one.question.words} {how} {option_words(option, zone)}"


def _decision(one: Decision) -> Wait:
    if one.question.to is To.OWNER:
        return Wait("your answer", one.question.deadline)
    return Wait("our staff, who look into it", one.question.deadline)


def _job(one: Job, name: str, booked: Mapping[UUID, Appointment], zone: str) -> Mapping[str, Wait]:
    appointment = booked.get(one.offer.appointment) if one.offer.appointment else None
    task = formats.plain(one.offer.task)
    if appointment:
        work = Wait(f"{name}: {task} on {formats.moment(appointment.period.start, zone)}")
    else:
        work = Wait(f"{name}, {_comes(one, zone)}to say that it is done ({task})")
    return {
        job_key(one.id, JobState.ACCEPTED): Wait(
            f"{name}, to accept ({task})", one.offer.answer_by
        ),
        job_key(one.id, JobState.UNDER_WAY): Wait(f"{name}, to set off"),
        job_key(one.id, JobState.ARRIVED): Wait(f"{name}, to arrive", one.arrival),
        job_key(one.id, JobState.DONE): work,
    }


def _comes(one: Job, zone: str) -> str:
    if one.state is not JobState.UNDER_WAY or one.arrival is None:
        return ""
    return f"expected {formats.moment(one.arrival, zone)}, "


def _command(one: SentCommand) -> Wait:
    sent = one.command
    return Wait(f"{sent.machine}, to {formats.plain(sent.name)}", sent.expires)


def _proof(one: Verification) -> Wait:
    done, wanted = min(one.progress.samples, one.criterion.samples), one.criterion.samples
    return Wait(
        f"{one.subject}, to prove by its own signals that it is well: {done} of {wanted} are in"
    )
