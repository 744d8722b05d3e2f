from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from thingdesk import parties, signals
from thingdesk.diagnosis import detect, store
from thingdesk.diagnosis.events import FindingCleared, FindingOpened
from thingdesk.diagnosis.model import (
    Cleared,
    Finding,
    Observation,
    Opened,
    Rule,
    Silence,
    Transition,
)
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.metrics import Counter
from thingdesk.signals import Cursor, Stored
from thingdesk.timeline import append

_SHARDS_AT_ONCE = 8
_SEEN = Counter("thingdesk.diagnosis.signals", "Signals that this process took through the rules.")


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """What was taken on, and what the rules made of it."""

    observations: tuple[Stored, ...] = ()
    opened: tuple[Finding, ...] = ()
    cleared: tuple[Cleared, ...] = ()


async def advance(tx: Transaction, rules: Sequence[Rule], most: int = 500) -> Diagnosed:
    """Take committed signals through the rules, `most` of each shard.

    The shards' cursors, the states of the rules and the findings move in one transaction: what a
    killed worker had under way is as if it had not begun. Other workers take other shards.
    """
    news = await signals.with_news(tx, await store.cursors(tx))
    cursors = await store.claim(tx, news, _SHARDS_AT_ONCE) if news else []
    if not cursors:
        return Diagnosed()
    found = await signals.after(tx, cursors, most)
    tx.count(_SEEN, len(found))
    observed = _by_machine([one for _, one in found])
    known = await parties.get_machines(tx, sorted(observed))
    states = await store.load(tx, sorted(observed))
    work = _Work(tx, rules, states)
    for name, machine in sorted(known.items()):
        await work.take(name, machine.model, observed[name])
    await work.save()
    await store.move(tx, _furthest([cursor for cursor, _ in found]), clock.now())
    return diagnosed(work.changes, tuple(one for _, one in found))


def diagnosed(changes: Iterable[Transition], observations: tuple[Stored, ...] = ()) -> Diagnosed:
    opened, cleared = _apart(changes)
    return Diagnosed(observations, tuple(one.finding for one in opened), tuple(cleared))


async def is_behind(tx: Transaction, machines: Sequence[str]) -> bool:
    """Whether these machines have committed signals that the rules have not seen yet."""
    return await signals.unread(tx, await store.cursors(tx), machines)


def _by_machine(found: Iterable[Stored]) -> dict[str, list[Observation]]:
    """By machine, in the order of the signals' own times as far as they came together."""
    observed: dict[str, list[Observation]] = defaultdict(list)
    for one in sorted(found, key=lambda one: one.at):
        place = None if one.lat is None or one.lon is None else (one.lat, one.lon)
        observed[one.machine].append(Observation(one.machine, one.at, one.values, one.codes, place))
    return observed


def _furthest(cursors: Iterable[Cursor]) -> list[Cursor]:
    last: dict[int, Cursor] = {}
    for one in cursors:
        last[one.shard] = one
    return list(last.values())


class _Work:
    """The states of one batch's rules, and what changed."""

    def __init__(
        self, tx: Transaction, rules: Sequence[Rule], states: Mapping[tuple[str, str], Any]
    ) -> None:
        self._tx = tx
        self._rules = [rule for rule in rules if not isinstance(rule, Silence)]
        self._by_name = {rule.name: rule for rule in rules}
        self._states = states
        self._changed: list[tuple[str, str, Any]] = []
        self.changes: list[Transition] = []

    async def take(self, machine: str, model: str, observed: Sequence[Observation]) -> None:
        for rule in self._rules:
            if not rule.fits(model):
                continue
            stored = self._states.get((machine, rule.name))
            before = detect.restored(rule, stored)
            if stored is not None and before is None:
                # the rule is of another kind now: what it had found before ends here
                await store.clear_rule(self._tx, machine, rule.name, observed[-1].at)
            after, changes = detect.run(rule, before, observed)
            if after is not None and after != stored:
                self._changed.append((machine, rule.name, after))
            self.changes += changes

    async def save(self) -> None:
        if self._changed:
            await store.save(self._tx, self._changed)
        await note(self._tx, self._by_name, self.changes)


async def note(tx: Transaction, rules: Mapping[str, Rule], changes: Sequence[Transition]) -> None:
    """Keep transitions: a finding clears before it opens again."""
    opened, cleared = _apart(changes)
    closed = {(c.machine, c.rule, c.about, c.opened_at): c for c in cleared}
    before = [one for one in cleared if not _opened_here(one, opened)]
    if before:
        await store.clear(tx, before)
    await _note_opened(tx, rules, opened, closed)
    _tell(tx, changes)


def _apart(changes: Iterable[Transition]) -> tuple[list[Opened], list[Cleared]]:
    opened: list[Opened] = []
    cleared: list[Cleared] = []
    for one in changes:
        if isinstance(one, Opened):
            opened.append(one)
        else:
            cleared.append(one)
    return opened, cleared


def _opened_here(one: Cleared, opened: Sequence[Opened]) -> bool:
    return any(
        (o.machine, o.rule, o.about, o.at) == (one.machine, one.rule, one.about, one.opened_at)
        for o in opened
    )


async def _note_opened(
    tx: Transaction,
    rules: Mapping[str, Rule],
    opened: Sequence[Opened],
    closed: Mapping[tuple[str, str, str, datetime], Cleared],
) -> None:
    """A finding that was cleared in the same batch is written and cleared before the next one."""
    for one in opened:
        await store.open_(tx, one, rules[one.rule].severity, clock.now())
        gone = closed.get((one.machine, one.rule, one.about, one.at))
        if gone is not None:
            await store.clear(tx, [gone])


def _tell(tx: Transaction, changes: Sequence[Transition]) -> None:
    """In the order of their times, so that a timeline reads the same however signals were cut."""
    for one in sorted(changes, key=lambda one: one.at):
        append(tx, f"machine:{one.machine}", _event(one))


def _event(one: Transition) -> FindingOpened | FindingCleared:
    at = one.at.isoformat()
    if isinstance(one, Opened):
        evidence = store.evidence_data(one.evidence)
        return FindingOpened(one.rule, one.about, at, evidence, one.confidence)
    return FindingCleared(one.rule, one.about, at)
