"""What is still found after its case has ended, or never got one: ask once more, and tell staff.

Pure: `flow` brings what is known, and does what is planned.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.cases import Case, Outcome, State
from thingdesk.diagnosis import LOOK, Look, Rule
from thingdesk.openings import Ask

WAITS = "waits"
"""What staff were told of a finding for which its machine has no room among its open cases."""
_UNRESOLVED = {Outcome.REFUSED: "was refused", Outcome.UNVERIFIED: "ended without a proof"}
_AFTER_A_MISTAKE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """When to look `next`, what staff know then (`told`), what to tell them now, what to ask."""

    look: Look
    next: datetime
    told: str | None = None
    words: str | None = None
    case_id: UUID | None = None
    ask: Ask | None = None

    @property
    def machine(self) -> str:
        return self.look.finding.machine


def plan(look: Look, rule: Rule | None, ask: Ask | None, case: Case | None, now: datetime) -> Plan:
    """What to do about an open finding. `ask` is what its rule asks for, None where that fails or
    there is no such rule any more; `case` the newest of its problem.

    A finding whose case is open is looked after. Once that has ended it is asked for again: after
    the rule's `again`, or when the relapse window is over; until then staff know if it was refused
    or not proven. Without a case, or after one of a former owner, it is asked for now.
    """
    if ask is None or rule is None:
        return Plan(look, now + _AFTER_A_MISTAKE, look.told)
    now_asked = replace(ask[0], at=max(ask[0].at, now)), ask[1]
    if case is None or case.owner_id != ask[0].owner_id:
        return Plan(look, now + LOOK, ask=now_asked)
    if case.state is not State.ENDED or case.ended_at is None or case.outcome is None:
        return Plan(look, now + LOOK)
    due = case.ended_at + rule.again if rule.again else case.relapse_until or case.ended_at
    if due <= now:
        return Plan(look, now + LOOK, ask=now_asked)
    if case.outcome not in _UNRESOLVED:
        return Plan(look, due)
    words = (
        f"“{case.title}” for {case.subject} {_UNRESOLVED[case.outcome]}, and what rule {rule.name}"
        f" found is still there. It is asked for again from {due:%Y-%m-%d %H:%M} UTC on."
    )
    return Plan(look, due, None, words, case.id)


def no_room(planned: Plan, reason: str, *, known: bool) -> Plan:
    """The same where asking was refused; `known`: staff know that the machine has no room."""
    words = f"What rule {planned.look.finding.rule} found waits: {reason}."
    return replace(planned, told=WAITS, words=None if known else words)
