"""Entries that say one thing, as one line: staff read what happened, not how it was written."""

from collections.abc import Iterable
from dataclasses import replace

from thingdesk.platform import formats
from thingdesk.timeline import Entry
from thingdesk.web.words.timeline import Line, Names, say
from thingdesk.web.words.tone import Value

_HEARD = {"notice.acknowledged": "acknowledged", "notice.taken": "taken"}
_SAYS_IT = frozenset({"part.reserved", "appointment.booked", "job.offered", "command.sent"})


def fold(entries: Iterable[Entry], names: Names) -> tuple[Line, ...]:
    """The entries as lines. What became of a notice stands with the notice, the notice of a
    question with the question; that an effect is done is said by what it did, where that has an
    entry of its own, and money put aside by the effect that it is for.
    """
    folding = _Folding(names)
    for entry in entries:
        folding.take(entry)
    return tuple(folding.lines)


class _Folding:
    def __init__(self, names: Names) -> None:
        self.lines: list[Line] = []
        self._names = names
        self._asked: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._effect = 0

    def take(self, entry: Entry) -> None:
        if entry.value is None or not self._joins(entry, entry.value):
            self.lines.append(say(entry, self._names))

    def _joins(self, entry: Entry, v: Value) -> bool:
        """Whether it is said by a line that is there; what later entries may join is noted."""
        here = len(self.lines)
        match entry.kind:
            case "decision.asked":
                self._asked[v["words"]] = here
            case "notice.told":
                return self._tell(v, here)
            case "notice.acknowledged" | "notice.taken":
                place = self._told.get(str(v["notice"]))
                said = f"{_HEARD[entry.kind]} {formats.seconds(entry.at)}"
                return place is not None and self._add(place, said)
            case "effect.intended":
                self._effect = here
                self._drop_money(v)
            case "effect.done":
                return any(one.kind in _SAYS_IT for one in self.lines[self._effect :])
        return False

    def _tell(self, v: Value, here: int) -> bool:
        first = str(v["words"]).partition("\n")[0]
        place = self._asked.get(first)
        self._told[str(v["notice"])] = here if place is None else place
        if place is None:
            return False
        who = v["to"] if v["to_kind"] == "machine" else self._names(v["to"])
        return self._add(place, f"told {who}")

    def _add(self, place: int, words: str) -> bool:
        line = self.lines[place]
        self.lines[place] = replace(line, more=(*line.more, words))
        return True

    def _drop_money(self, v: Value) -> None:
        last = self.lines[-1] if self.lines else None
        if last and last.kind == "money.reserved" and last.value:
            amount = (last.value["minor"], last.value["currency"], last.value["payer"])
            if amount == (v["minor"], v["currency"], v["payer"]):
                self.lines.pop()
                self._effect -= 1
