"""What a case waits for, in words, and what is wrong with its journeys."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from thingdesk.cases import Verification
from thingdesk.catalog import in_words
from thingdesk.decisions import Decision, To
from thingdesk.decisions import State as Asked
from thingdesk.fulfilment import CommandState, Job, JobState, SentCommand, command_key, job_key
from thingdesk.platform import formats
from thingdesk.platform.durable import Standing, State
from thingdesk.web.words import Names


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that is waited for; `until` when that ends, where something says so."""

    whom: str
    words: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a journey does not go on: `words` what is wrong, `error` what its code raised, `again`
    when it is tried next by itself. `stuck`: not by itself.
    """

    words: str
    error: str | None = None
    again: datetime | None = None
    stuck: bool = False


def troubles(runs: Iterable[Standing], known: Container[str]) -> list[Trouble]:
    """What is wrong with these runs; `known` is the code of the packs that this process has."""
    return [found for one in runs if (found := _trouble(one, known))]


def _trouble(one: Standing, known: Container[str]) -> Trouble | None:
    if one.state is not State.STUCK and one.code not in known:
        code = in_words(one.code)
        return Trouble(f"The journey waits for its code: load the pack that has {code}.")
    return failure(one) if one.state is State.STUCK or one.failures else None


def failure(one: Standing) -> Trouble:
    """What is wrong with a run that is stuck or fails."""
    code = in_words(one.code)
    if one.state is State.STUCK:
        return Trouble(f"The journey {code} is stuck.", one.problem, stuck=True)
    times = "once" if one.failures == 1 else f"{one.failures} times"
    return Trouble(f"The journey {code} failed {times}.", one.problem, one.wake_at)


def waits(
    keys: Iterable[str],
    asked: Sequence[Decision],
    jobs: Sequence[Job],
    commands: Sequence[SentCommand],
    proofs: Sequence[Verification],
    names: Names,
) -> list[Wait]:
    """What stands behind the keys that the case's journeys wait for."""
    known: Mapping[str, Wait] = {
        **{one.question.key: _decision(one, names) for one in asked if one.state is Asked.OPEN},
        **{key: wait for one in jobs for key, wait in _job(one, names)},
        **{command_key(one.id): _command(one) for one in commands},
        **{one.key: _proof(one) for one in proofs},
    }
    return [known[key] for key in keys if key in known]


def _decision(one: Decision, names: Names) -> Wait:
    question = one.question
    owner = question.to is To.OWNER and question.owner_id
    whom = f"The owner {names(question.owner_id)}" if owner else "Staff"
    return Wait(whom, f"to answer: {question.words}", question.deadline)


def _job(one: Job, names: Names) -> list[tuple[str, Wait]]:
    who, task = names(one.offer.provider), formats.plain(one.offer.task)
    return [
        (
            job_key(one.id, JobState.ACCEPTED),
            Wait(who, f"to accept the job ({task})", one.offer.answer_by),
        ),
        (job_key(one.id, JobState.UNDER_WAY), Wait(who, "to be under way")),
        (job_key(one.id, JobState.ARRIVED), Wait(who, "to arrive", one.arrival)),
        (job_key(one.id, JobState.DONE), Wait(who, f"to have done it ({task}){_where(one)}")),
    ]


def _where(one: Job) -> str:
    if one.state is JobState.ARRIVED:
        return ": they have arrived"
    expected = one.state is JobState.UNDER_WAY and one.arrival
    return f": expected there at {formats.soon(expected)}" if expected else ""


def _command(one: SentCommand) -> Wait:
    sent = one.command
    until = sent.expires if one.state is CommandState.WAITING else None
    return Wait(sent.machine, f"to answer the command {formats.plain(sent.name)}", until)


def _proof(one: Verification) -> Wait:
    wanted, progress = one.criterion, one.progress
    what = f"its {formats.plain(wanted.metric)}" if wanted.metric else ", ".join(wanted.codes)
    held = progress.last - progress.since if progress.last and progress.since else None
    so_far = f"{progress.samples} good samples, {wanted.samples} needed"
    span = f"{formats.span(held) if held else '0 s'} of {formats.span(wanted.hold)}"
    verb = f"that {what} is well" if wanted.metric else f"that {what} is gone"
    return Wait(one.subject, f"to prove by its own signals {verb}: {so_far}, {span}")


def open_key(runs: Iterable[Standing]) -> list[str]:
    """All keys that the runs wait for, where nothing keeps them from going on."""
    return [key for one in runs if not one.problem for key in one.waits_for]
