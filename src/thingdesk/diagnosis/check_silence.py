from collections.abc import Sequence
from datetime import timedelta

from thingdesk import parties, signals
from thingdesk.diagnosis import store
from thingdesk.diagnosis.advance import Step, note
from thingdesk.diagnosis.model import Cleared, Opened, Rule, Silence
from thingdesk.diagnosis.silence import SilenceState, Span, check
from thingdesk.parties import Machine
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_MOST = 500
_LOOK_BACK = timedelta(days=7)


async def check_silence(tx: Transaction, rules: Sequence[Rule]) -> Step:
    """Look for machines that are not heard, and for silent ones that are heard again.

    Only the time counts in which our own intake was up. One worker at a time does this.
    """
    wanted = [rule for rule in rules if isinstance(rule, Silence)]
    if not wanted or not await store.is_ours(tx):
        return Step()
    now = clock.now()
    names = [rule.name for rule in wanted]
    open_ = await store.machines_with_open(tx, names)
    overdue = await parties.overdue(tx, now, min(rule.after for rule in wanted), _MOST)
    machines = {one.id: one for one in overdue}
    machines |= await parties.get_machines(tx, [name for name in open_ if name not in machines])
    if not machines:
        return Step()
    up = [Span(*span) for span in await signals.intake_spans(tx, now - _LOOK_BACK)]
    states = await store.load(tx, sorted(machines))
    opened: list[Opened] = []
    cleared: list[Cleared] = []
    changed: list[tuple[str, str, SilenceState]] = []
    for machine in machines.values():
        for rule in wanted:
            if rule.fits(machine.model) and machine.expected_interval:
                before: SilenceState | None = states.get((machine.id, rule.name))
                after, changes = _check(rule, before, machine, up)
                if after != before:
                    changed.append((machine.id, rule.name, after))
                opened += [one for one in changes if isinstance(one, Opened)]
                cleared += [one for one in changes if isinstance(one, Cleared)]
    if changed:
        await store.save(tx, changed)
    await note(tx, {rule.name: rule for rule in wanted}, opened, cleared)
    return Step((), tuple(one.finding for one in opened), tuple(cleared))


def _check(
    rule: Silence, before: SilenceState | None, machine: Machine, up: Sequence[Span]
) -> tuple[SilenceState, tuple[Opened | Cleared, ...]]:
    return check(
        rule,
        before,
        machine.id,
        expected=machine.expected_interval or timedelta(days=1),
        last_received=machine.last_seen or machine.registered_at,
        up=up,
        now=clock.now(),
    )
