"""What the machines of a recording have heard of their cases, from their own ledgers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from thingdesk_machine import Ledger

_MOST = 40
_OPEN = "open"


@dataclass(frozen=True, slots=True)
class Heard:
    """A case as its machine knows it; `words` are what it was told last."""

    case: str
    machine: str
    service: str
    outcome: str
    words: str
    at: datetime


def heard(queues: Path, machines: Iterable[str]) -> list[Heard]:
    """The cases that these machines have heard of, in that order, with their outcomes so far."""
    cases: dict[str, Heard] = {}
    for machine in machines:
        for one in _of(queues / f"{machine}.queue", machine):
            known = cases.get(one.case)
            service = one.service or (known.service if known else "")
            first = known.at if known else one.at
            cases[one.case] = replace(one, service=service, at=first)
    return sorted(cases.values(), key=lambda one: one.at)


def _of(queue: Path, machine: str) -> Iterator[Heard]:
    with Ledger(queue) as ledger:
        for one in ledger.notices():
            if one.case is None:
                continue
            service = str(one.data.get("service", ""))
            outcome = str(one.data.get("outcome", _OPEN)) if one.kind == "case.ended" else _OPEN
            yield Heard(one.case, machine, service, outcome, one.words, one.first_at)


def table(cases: list[Heard]) -> RenderableType:
    """The first of the cases, and how each stands."""
    shown = Table("machine", "service", "so far", "what it was told last")
    for one in cases[:_MOST]:
        # what a desk told may look like markup
        shown.add_row(*map(Text, (one.machine, one.service, one.outcome, one.words)))
    return shown


def summed_up(cases: list[Heard]) -> str:
    more = f"; the first {_MOST} of them" if len(cases) > _MOST else ""
    return f"Cases that the machines have heard of: {len(cases)}{more}"
