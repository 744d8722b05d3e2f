"""What is still found after its case has ended, or never got one: ask once more, and tell staff.

Pure: `flow` brings what is known, and does what is planned.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from thingdesk.cases import Case, Opened, Outcome, State
from thingdesk.diagnosis import LOOK, Finding, Look, Rule
from thingdesk.openings import Ask
from thingdesk.platform.errors import Refusal

WAITS = "waits"
"""What staff were told of a finding for which its machine has no room among its open cases."""
_UNRESOLVED = {Outcome.REFUSED: "was refused", Outcome.UNVERIFIED: "ended without a proof"}
_AFTER_A_MISTAKE = timedelta(days=1)


class Stands(StrEnum):
    """How a finding stands: `cleared` by its rule; before that `proven well` by the newest case of
    its problem, which the subject's signals verified after it was found; else it `holds`.
    """

    HOLDS = "holds"
    PROVEN_WELL = "proven well"
    CLEARED = "cleared"


def stands(finding: Finding, last: Case | None) -> Stands:
    if finding.cleared_at:
        return Stands.CLEARED
    if last is None or last.outcome is not Outcome.VERIFIED or last.ended_at is None:
        return Stands.HOLDS
    return Stands.PROVEN_WELL if last.ended_at >= finding.opened_at else Stands.HOLDS


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


def plan(
    due: Iterable[Look],
    rules: Mapping[str, Rule],
    asks: Mapping[Finding, Ask],
    last: Mapping[tuple[str, str], Case],
    now: datetime,
) -> list[Plan]:
    """What to do about open findings. `asks` is what their rules ask for, without those whose rule
    fails or is gone; `last` the newest case of each problem, by subject and key.
    """
    planned = []
    for look in due:
        ask = asks.get(look.finding)
        case = last.get((ask[0].subject, ask[0].key)) if ask else None
        planned.append(_plan(look, rules.get(look.finding.rule), ask, case, now))
    return planned


def _plan(look: Look, rule: Rule | None, ask: Ask | None, case: Case | None, now: datetime) -> Plan:
    """A finding whose case is open is looked after. Once that has ended it is asked for again:
    after the rule's `again`, or when the relapse window is over; until then staff know if it was
    refused or not proven. Without a case, or after one of a former owner, it is asked for now.
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


def without_room(
    plans: Iterable[Plan], answers: Iterable[Opened | Refusal], told: Collection[str]
) -> list[Plan]:
    """The plans, now that those which ask have their answers, in order. Where one was refused, the
    finding waits, and staff are told, once for all that waits on the machine; they know it already
    of the machines `told`.
    """
    known, answer = set(told), iter(answers)
    done = []
    for one in plans:
        refused = next(answer) if one.ask else None
        if isinstance(refused, Refusal):
            words = f"What rule {one.look.finding.rule} found waits: {refused.reason}."
            done.append(replace(one, told=WAITS, words=None if one.machine in known else words))
            known.add(one.machine)
        else:
            done.append(one)
    return done


def to_tell(plans: Iterable[Plan]) -> list[tuple[str, UUID | None]]:
    """What staff are told, and of which case; what several findings led to is told once."""
    return list({(one.words, one.case_id): None for one in plans if one.words})
