"""What came of it, from what everybody noted themselves. Pure: the desk's tables are not asked."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import zip_longest
from math import ceil
from statistics import median
from typing import Any

from thingdesk.demo.plan import Machine, Plan
from thingdesk_machine import EventRecord, NoticeRecord

_ENDED = "case.ended"
_NEVER = datetime.min.replace(tzinfo=UTC)
_CAME = {"receipt", "refused", "sent"}


@dataclass(frozen=True, slots=True)
class Records:
    """The ledgers: events and notices by machine, and the notes of all others, who being `who`.
    All that was noted before `at` is in them.
    """

    events: Mapping[str, Sequence[EventRecord]] = field(default_factory=dict)
    notices: Mapping[str, Sequence[NoticeRecord]] = field(default_factory=dict)
    notes: Sequence[Mapping[str, Any]] = ()
    at: datetime = _NEVER

    def noted(self, *what: str) -> Iterator[Mapping[str, Any]]:
        """What was noted as this."""
        return (note for note in self.notes if note["what"] in what)


@dataclass(frozen=True, slots=True)
class Story:
    """What became of one fault: the moments as its machine, providers and owners saw them.
    `number` counts the faults of a machine.
    """

    machine: str
    words: str
    number: int = 0
    fault: datetime | None = None
    receipt: datetime | None = None
    told: datetime | None = None
    dispatch: datetime | None = None
    done: datetime | None = None
    ended: datetime | None = None
    cases: tuple[str, ...] = ()
    outcome: str | None = None
    asked: tuple[str, ...] = ()

    def after(self, moment: datetime | None) -> float | None:
        """Seconds from the fault to that moment."""
        if moment is None or self.fault is None:
            return None
        return (moment - self.fault).total_seconds()


@dataclass(frozen=True, slots=True)
class Times:
    """Of some spans, in seconds."""

    median: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What was noted until `at`, and what is wrong: nothing, if all is well.

    All `reports` are `answered` at once, `about` one of `reported` problems, `refused` or still
    waiting. `questions` to owners are to choose a date, or an `approval`.
    """

    at: datetime
    stories: tuple[Story, ...]
    signals: int
    reports: int
    answered: int
    about: int
    reported: int
    refused: int
    sent_again: int
    questions: int
    approvals: int
    to_receipt: Times
    to_case: Times
    to_dispatch: Times
    wrong: tuple[str, ...]

    @property
    def cases(self) -> int:
        return len({case for story in self.stories for case in story.cases})

    @property
    def verified(self) -> tuple[Story, ...]:
        return tuple(story for story in self.stories if story.outcome == "verified")

    @property
    def zero_touch(self) -> int:
        """Verified, and the owner was asked for nothing but a choice, such as a date."""
        return sum(set(story.asked) <= {"choice"} for story in self.verified)

    @property
    def untouched(self) -> int:
        """Verified, and the owner was asked nothing at all."""
        return sum(not story.asked for story in self.verified)

    @property
    def outcomes(self) -> Counter[str]:
        """The cases by outcome; those that have none yet are `open`."""
        return Counter(story.outcome or "open" for story in self.stories if story.cases)


def tally(plan: Plan, records: Records) -> Tally:
    """Count what was noted so far."""
    planned = tuple(_stories(machine, records)[0] for machine in plan.broken)
    later = [
        story
        for machine in plan.machines
        for story in _stories(machine, records)[1 if machine.fault else 0 :]
        if story.fault
    ]
    stories = *planned, *later
    events = [event for some in records.events.values() for event in some]
    reports = [event for event in events if event.topic == "reports"]
    in_cases = [event.case for event in reports if event.case]
    up = [event for event in events if event.topic in {"signals", "reports"}]
    return Tally(
        at=records.at,
        stories=stories,
        signals=sum(event.topic == "signals" for event in events),
        reports=len(reports),
        answered=sum(event.ending == "receipt" and not event.case for event in reports),
        about=len(in_cases),
        reported=len(set(in_cases)),
        refused=sum(event.ending == "refused" for event in reports),
        sent_again=sum(event.attempts > 1 for event in up),
        questions=sum(1 for _ in records.noted("asked")),
        approvals=sum(note["kind"] == "approval" for note in records.noted("asked")),
        to_receipt=times(story.after(story.receipt) for story in stories),
        to_case=times(story.after(story.told) for story in stories),
        to_dispatch=times(story.after(story.dispatch) for story in stories),
        wrong=tuple(_wrong(plan, records, planned, later)),
    )


def times(spans: Iterable[float | None]) -> Times:
    """Median and 99th percentile (the nearest rank) of the spans that there are."""
    known = sorted(one for one in spans if one is not None)
    if not known:
        return Times(None, None)
    return Times(median(known), known[ceil(0.99 * len(known)) - 1])


def _stories(machine: Machine, records: Records) -> list[Story]:
    """What became of each fault of a machine; the first is there before it happens."""
    words = machine.fault.words if machine.fault else ""
    faults = sorted(
        (note["at"], note.get("words", words))
        for note in records.noted("fault")
        if note["who"] == machine.id
    )
    ends = [at for at, _ in faults[1:]]
    return [
        _story(machine.id, records, Story(machine.id, said, number, at), until)
        for number, ((at, said), until) in enumerate(zip_longest(faults, ends))
    ] or [Story(machine.id, words)]


def _story(name: str, records: Records, story: Story, until: datetime | None) -> Story:
    """Of what the machine heard, and of its jobs, between this fault and the next one."""
    assert story.fault is not None  # noqa: S101 - who calls has it from a note

    def within(at: datetime) -> bool:
        return story.fault is not None and story.fault <= at and (until is None or at < until)

    cases = {case: at for case, at in _cases(name, records).items() if within(at)}
    notices = [one for one in records.notices.get(name, ()) if within(one.first_at)]
    ends = [notice for notice in notices if notice.kind == _ENDED]
    jobs = [
        note
        for note in records.noted("offered", "done")
        if note["machine"] == name and within(note["at"])
    ]
    return replace(
        story,
        receipt=_first_receipt(records.events.get(name, ()), story.fault),
        told=min(cases.values(), default=None),
        dispatch=min((job["at"] for job in jobs if job["what"] == "offered"), default=None),
        done=max((job["at"] for job in jobs if job["what"] == "done"), default=None),
        ended=min((end.first_at for end in ends), default=None),
        cases=tuple(sorted(cases)),
        outcome=str(ends[0].data.get("outcome")) if ends else None,
        asked=tuple(note["kind"] for note in records.noted("asked") if note["case"] in cases),
    )


def _cases(machine: str, records: Records) -> dict[str, datetime]:
    """The cases of a machine, and when it first heard of each."""
    heard: dict[str, datetime] = {}
    told = [
        (event.case, event.receipt_at)
        for event in records.events.get(machine, ())
        if event.case and event.receipt_at
    ]
    told += [
        (notice.case, notice.first_at) for notice in records.notices.get(machine, ()) if notice.case
    ]
    for case, at in told:
        heard[case] = min(at, heard.get(case, at))
    return heard


def _first_receipt(events: Sequence[EventRecord], fault: datetime) -> datetime | None:
    """The receipt of what the machine said first once the fault was there."""
    after = [event for event in events if event.queued_at >= fault and event.topic != "acks"]
    said = min(after, key=lambda event: event.queued_at, default=None)
    return said.receipt_at if said else None


def _wrong(
    plan: Plan, records: Records, planned: Sequence[Story], later: Sequence[Story]
) -> Iterator[str]:
    for name, events in records.events.items():
        yield from _wrong_events(plan, name, events)
    for machine in plan.machines:
        if not records.events.get(machine.id):
            yield f"{machine.id} has sent nothing"
    ends = {machine.id: machine.fault.outcome for machine in plan.broken if machine.fault}
    for story in planned:
        yield from _wrong_story(story, ends[story.machine])
    yield from _wrong_cases(records, [*planned, *later])
    yield from _wrong_jobs(records)


def _wrong_events(plan: Plan, machine: str, events: Sequence[EventRecord]) -> Iterator[str]:
    lost = [event for event in events if event.ending not in _CAME]
    if lost:
        yield f"lost: {len(lost)} events of {machine}, the first is {lost[0].id}"
    for event in events:
        if event.ending == "refused" and event.id not in plan.refused:
            reason = event.refusal.reason if event.refusal else "no reason"
            yield f"refused: {event.id} of {machine}: {reason}"
        if event.id in plan.refused and event.ending == "receipt":
            yield f"taken, though it is wrong: {event.id} of {machine}"


def _wrong_story(story: Story, expected: str) -> Iterator[str]:
    what = f"{story.machine} ({story.words})"
    if story.fault is None:
        yield f"{what} never happened"
    elif not story.cases:
        yield f"lost: {what} became no case"
    elif len(story.cases) > 1:
        yield f"doubled: {what} became {len(story.cases)} cases"
    elif story.ended is None:
        yield f"left open: {what}, case {story.cases[0]}"
    elif story.outcome != expected:
        yield f"{what} ended {story.outcome}, not {expected}"


def _wrong_cases(records: Records, stories: Sequence[Story]) -> Iterator[str]:
    known = {case for story in stories for case in story.cases}
    ends = Counter(
        notice.case
        for notices in records.notices.values()
        for notice in notices
        if notice.kind == _ENDED
    )
    for case, number in ends.items():
        if number > 1:
            yield f"doubled: case {case} ended {number} times"
    said = {event.case for some in records.events.values() for event in some if event.case}
    for case in sorted((said | {case for case in ends if case}) - known):
        yield f"doubled: case {case} is of no fault"


def _wrong_jobs(records: Records) -> Iterator[str]:
    did: dict[tuple[str, str], list[str]] = defaultdict(list)
    cancelled = {note["job"] for note in records.noted("cancelled")}
    for note in records.noted("accept", "done"):
        if note["status"] < 300:  # noqa: PLR2004 - what the desk has taken
            called_off = note["what"] == "accept" and note["job"] in cancelled
            what = "called off" if called_off else note["what"]
            did[note["case"], note["task"]].append(what)
    for (case, task), acts in sorted(did.items()):
        if acts.count("done") > 1:
            yield f"doubled: {task} was done {acts.count('done')} times for case {case}"
        elif acts.count("accept") > 1:
            yield f"doubled: {task} was accepted {acts.count('accept')} times for case {case}"
        if "done" not in acts:
            yield f"left open: {task} was accepted and not done for case {case}"
    unsigned = sum(1 for _ in records.noted("unsigned"))
    if unsigned:
        yield f"{unsigned} webhooks were not signed by the desk"
