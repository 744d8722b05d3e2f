"""Entries of the timeline in words for staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk.platform import formats
from thingdesk.timeline import Entry
from thingdesk.web.words.kinds import KINDS
from thingdesk.web.words.tone import Named, Tone, Value


class Names:
    """The names of owners, staff and providers by their ids, the titles of services by theirs."""

    def __init__(
        self, known: Mapping[UUID, str] | None = None, titles: Mapping[str, str] | None = None
    ) -> None:
        self.known = dict(known or {})
        self.titles = dict(titles or {})
        self._names = {str(one): name for one, name in self.known.items()}

    def __call__(self, one: object) -> str:
        return self._names.get(str(one), f"{str(one)[:8]}…")

    def title(self, service: str) -> str:
        return self.titles.get(service) or formats.plain(service)


@dataclass(frozen=True, slots=True)
class Line:
    """An event as it is shown."""

    at: datetime
    kind: str
    words: str
    tone: Tone
    value: dict[str, Any] | None
    stream: str
    more: tuple[str, ...] = ()


_GONE = "(erased)"


def say(entry: Entry, names: Names) -> Line:
    """The event in words; one whose value was erased says so."""
    tone, words = KINDS.get(entry.kind, (Tone.STILL, _unknown))
    if entry.value is None:
        text = f"{formats.sentence(entry.kind)} {_GONE}"
    else:
        text = words(entry.value, names)
        tone = _tone(entry, tone)
    return Line(entry.at, entry.kind, text, tone, entry.value, entry.stream)


def _unknown(_: Value, __: Named) -> str:
    return "Something happened that this release has no words for"


def _tone(entry: Entry, tone: Tone) -> Tone:
    if entry.kind == "case.ended" and entry.value:
        return _ENDS.get(entry.value["outcome"], Tone.STILL)
    return tone


_ENDS = {
    "verified": Tone.WELL,
    "fulfilled": Tone.WELL,
    "unverified": Tone.OPEN,
    "refused": Tone.WRONG,
}


ON_THE_WALL = frozenset(
    {
        "case.opened", "case.reopened", "case.ended", "verification.begun", "verification.proven",
        "verification.not_proven", "promise.broken", "decision.asked", "decision.answered",
        "decision.expired", "effect.denied", "effect.failed", "job.offered", "job.accepted",
        "job.declined", "job.expired", "job.under_way", "job.arrived", "job.done",
        "appointment.booked", "machine.key_revoked", "journey.failed", "journey.stuck",
        "hold.asked", "hold.taken", "hold.missed", "hold.booked", "hold.ended",
    }
)  # fmt: skip
"""What the wall shows; the case's own page has everything."""
