"""What the machines of a recording have heard of their cases, from their own ledgers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from thingdesk import cases
from thingdesk.platform import formats, moments
from thingdesk.platform.database import Transaction
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
    known: dict[str, Heard] = {}
    for machine in machines:
        for one in _of(queues / f"{machine}.queue", machine):
            before = known.get(one.case)
            service = one.service or (before.service if before else "")
            first = before.at if before else one.at
            known[one.case] = replace(one, service=service, at=first)
    return sorted(known.values(), key=lambda one: one.at)


def _of(queue: Path, machine: str) -> Iterator[Heard]:
    with Ledger(queue) as ledger:
        for one in ledger.notices():
            if one.case is None:
                continue
            service = str(one.data.get("service", ""))
            outcome = str(one.data.get("outcome", _OPEN)) if one.kind == "case.ended" else _OPEN
            yield Heard(one.case, machine, service, outcome, one.words, one.first_at)


async def found_at(tx: Transaction, heard: Iterable[Heard]) -> dict[str, datetime]:
    """When the last signal of each finding was observed, as the desk has its time; of a case that
    was asked for, when it was opened. By the ids of the cases that this desk has.
    """
    known = await cases.get_many(tx, [UUID(one.case) for one in heard])
    return {
        str(key): moments.read(one.evidence["until"]) if one.evidence else one.opened_at
        for key, one in known.items()
    }


def lines(heard: list[Heard], found: Mapping[str, datetime], console: str | None) -> Iterator[str]:
    """The first of the cases, three lines each: when it was found, of what, and how it stands;
    what its machine was told last; and where the console has it.
    """
    for one in heard[:_MOST]:
        at = formats.moment(found.get(one.case, one.at))
        yield f"{at} UTC  {one.machine}  {one.service}  {one.outcome}"
        # what a desk told may have lines of its own
        yield f"    {' '.join(formats.seen(one.words).split())}"
        yield f"    {console}/cases/{one.case}" if console else f"    case {one.case}"


def summed_up(heard: list[Heard]) -> str:
    more = f"; the first {_MOST} of them" if len(heard) > _MOST else ""
    return f"Cases that the machines have heard of: {len(heard)}{more}"
