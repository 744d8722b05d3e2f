from collections.abc import Mapping, Sequence
from datetime import timedelta

from thingdesk import parties, signals
from thingdesk.diagnosis import store
from thingdesk.diagnosis.advance import Diagnosed, diagnosed, note
from thingdesk.diagnosis.model import Rule, Silence, Transition
from thingdesk.diagnosis.silence import SilenceState, Span, check
from thingdesk.parties import Machine
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_MOST = 1000
_LOOK_BACK = timedelta(days=7)


async def check_silence(tx: Transaction, rules: Sequence[Rule], most: int = _MOST) -> Diagnosed:
    """Look at the next machines by id, as far as `most` silent ones, and after the last one at the
    first again: which are not heard, and which silent ones are heard again?

    Only the time counts in which our own intake was up. One worker at a time does this.
    """
    wanted = [rule for rule in rules if isinstance(rule, Silence)]
    after = await store.silence_round(tx) if wanted else None
    if after is None:
        return Diagnosed()
    machines, last = await _doubtful(tx, wanted, after, most)
    if last != after:
        await store.go_on_after(tx, last)
    return await _check_all(tx, wanted, machines) if machines else Diagnosed()


async def _doubtful(
    tx: Transaction, wanted: Sequence[Silence], after: str, most: int
) -> tuple[dict[str, Machine], str]:
    """The machines of a page that may be silent, or were, and where the next page begins."""
    times = min(rule.after for rule in wanted)
    overdue, last = await parties.overdue(tx, clock.now(), times, after, most)
    machines = {one.id: one for one in overdue}
    open_ = await store.machines_with_open(tx, [rule.name for rule in wanted], after, last)
    machines |= await parties.get_machines(tx, [name for name in open_ if name not in machines])
    return machines, last or ""


async def _check_all(
    tx: Transaction, wanted: Sequence[Silence], machines: Mapping[str, Machine]
) -> Diagnosed:
    now = clock.now()
    up = [Span(*span) for span in await signals.intake_spans(tx, now - _LOOK_BACK)]
    states = await store.load(tx, sorted(machines))
    changes: list[Transition] = []
    changed: list[tuple[str, str, SilenceState]] = []
    for machine in machines.values():
        for rule in wanted:
            if rule.fits(machine.model) and machine.expected_interval:
                before: SilenceState | None = states.get((machine.id, rule.name))
                after, new = _check(rule, before, machine, up)
                if after != before:
                    changed.append((machine.id, rule.name, after))
                changes += new
    if changed:
        await store.save(tx, changed)
    await note(tx, {rule.name: rule for rule in wanted}, changes)
    return diagnosed(changes)


def _check(
    rule: Silence, before: SilenceState | None, machine: Machine, up: Sequence[Span]
) -> tuple[SilenceState, tuple[Transition, ...]]:
    return check(
        rule,
        before,
        machine.id,
        expected=machine.expected_interval or timedelta(days=1),
        last_received=machine.heard_by or machine.registered_at,
        up=up,
        now=clock.now(),
    )
