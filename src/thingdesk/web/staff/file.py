"""All that is known of one case, as its page shows it."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from thingdesk import cases, decisions, fulfilment, journeys, notices, parties, timeline
from thingdesk.cases import Case, Promised, Said, Verification
from thingdesk.decisions import Decision, To
from thingdesk.fulfilment import Appointment, Job, SentCommand
from thingdesk.notices import Outgoing
from thingdesk.parties import Machine, Owner
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money
from thingdesk.timeline import Entry
from thingdesk.web.chart import Chart
from thingdesk.web.staff.around import around
from thingdesk.web.staff.people import names_in
from thingdesk.web.staff.waits import Trouble, Wait, open_key, troubles, waits
from thingdesk.web.words import Line, Names, fold

_MOST_LINES = 200
_MOST = 100
_T = TypeVar("_T")
_UNFOLDED = 8
_MOST_WORDS = 2000
_MOST_SAID = 20


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of the ledger."""

    name: str
    at: datetime
    state: str
    answer: str
    reason: str
    payer: str | None
    amount: Money | None
    with_whom: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """A journey of the case; `waits_for` nothing once it ended."""

    service: str
    version: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class File:
    """A case and all around it."""

    case: Case
    machine: Machine | None
    owner: Owner | None
    happened: str
    said: tuple[tuple[str, tuple[str, ...]], ...]
    """What its reporters said in words of their own, by reporter: texts of others."""
    promises: tuple[Promised, ...]
    waits: tuple[Wait, ...]
    troubles: tuple[Trouble, ...]
    chart: Chart | None
    proofs: tuple[Verification, ...]
    runs: tuple[Run, ...]
    effects: tuple[Effect, ...]
    asked: tuple[Decision, ...]
    jobs: tuple[Job, ...]
    appointments: dict[UUID, Appointment]
    commands: tuple[SentCommand, ...]
    notices: tuple[Outgoing, ...]
    lines: tuple[Line, ...]
    names: Names
    older: int | None
    """The number before which the timeline goes on, None where it begins."""
    cut: frozenset[str]
    """Of which of these the newest are shown, and the older ones are on the timeline alone."""

    @property
    def folded(self) -> int:
        """How many of the lines stand behind a fold, so that the last ones are seen at once."""
        return max(len(self.lines) - _UNFOLDED, 0)

    def days(self, since: int, until: int) -> list[list[Line]]:
        """These lines of the timeline, day by day."""
        lines = self.lines[since:until]
        return [list(those) for _, those in groupby(lines, key=lambda one: one.at.date())]

    @property
    def for_staff(self) -> list[Decision]:
        """The questions that staff can answer now."""
        now = clock.now()
        return [
            one
            for one in self.asked
            if one.question.to is To.STAFF
            and one.state is decisions.State.OPEN
            and one.question.deadline > now
        ]


async def collect(
    tx: Transaction, case_id: UUID, known: Container[str], before: int | None = None
) -> File | None:
    """The case with this id, its timeline as far as the entry `before`; None when there is none.
    `known` is the code of the packs that are loaded.
    """
    if (case := await cases.get(tx, case_id)) is None:
        return None
    entries = await timeline.read(tx, f"case:{case_id}", before=before, most=_MOST_LINES)
    cut = _Cut()
    jobs = cut("jobs", await fulfilment.jobs_of(tx, case_id, _MOST + 1))
    names = await _names(tx, entries, case, jobs)
    asked = cut("asked", await decisions.of_case(tx, case_id, _MOST + 1))
    commands = await fulfilment.commands_of(tx, case_id)
    proofs = await cases.verifications_of(tx, case_id)
    runs = cut("runs", await journeys.of_case(tx, case_id, _MOST + 1))
    going = await durable.standing(tx, [run[0] for run in runs if run[4] is None])
    return File(
        case,
        await parties.get_machine(tx, case.subject),
        await parties.get_owner(tx, case.owner_id) if case.owner_id else None,
        cases.happened(case),
        _in_words((await cases.said_of(tx, [case_id])).get(case_id, ())),
        tuple(cut("promises", await cases.promises_of(tx, case_id, _MOST + 1))),
        tuple(waits(open_key(going), asked, jobs, commands, proofs, names)),
        tuple(troubles(going, known)),
        await around(tx, case, proofs),
        tuple(proofs),
        tuple(Run(*run[1:]) for run in runs),
        tuple(map(_effect, cut("effects", await journeys.effects_of(tx, case_id, _MOST + 1)))),
        tuple(asked),
        tuple(jobs),
        {one.id: one for one in await fulfilment.appointments_of(tx, case_id)},
        tuple(commands),
        tuple(cut("notices", await notices.of_case(tx, case_id, _MOST + 1))),
        fold(entries, names),
        names,
        entries[0].seq if entries and entries[0].seq > 1 else None,
        frozenset(cut.what),
    )


async def _names(
    tx: Transaction, entries: Sequence[Entry], case: Case, jobs: Sequence[Job]
) -> Names:
    named = await names_in(tx, entries, case.owner_id, *(one.offer.provider for one in jobs))
    return Names(named.known, {case.service: case.title})


def _in_words(said: Sequence[Said]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What is read: of each reporter the titles, descriptions and notes of its reports, in the
    order in which the reporters came.
    """
    found = dict.fromkeys((one.by, text) for one in said for text in _texts(one.what))
    by_reporter: dict[str, list[str]] = {}
    for by, text in list(found)[:_MOST_SAID]:
        by_reporter.setdefault(by, []).append(text)
    return tuple((by, tuple(texts)) for by, texts in by_reporter.items())


def _texts(what: Mapping[str, Any]) -> Iterator[str]:
    notes = [note.get("text") for note in what.get("note", ())]
    for one in (what.get("name"), what.get("description"), *notes):
        if isinstance(one, str) and one.strip():
            yield one[:_MOST_WORDS]


class _Cut:
    """Keeps in mind of what there is more than was read."""

    def __init__(self) -> None:
        self.what: set[str] = set()

    def __call__(self, what: str, found: Sequence[_T]) -> Sequence[_T]:
        if len(found) > _MOST:
            self.what.add(what)
        return found


def _effect(one: journeys.Entry) -> Effect:
    paid = one.minor is not None and one.currency is not None
    return Effect(
        one.name,
        one.at,
        one.state,
        one.answer,
        one.reason,
        one.payer,
        Money(one.minor or 0, one.currency or "") if paid else None,
        one.details.get("name"),
    )
