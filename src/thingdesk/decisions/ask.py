from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from thingdesk import parties
from thingdesk.decisions import gather, store
from thingdesk.decisions.attention import attention_of
from thingdesk.decisions.budget import counts, spare, week_of
from thingdesk.decisions.events import DecisionAsked, DecisionSpared
from thingdesk.decisions.model import CHANNEL, Decision, Question, State
from thingdesk.parties import Owner
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def ask(tx: Transaction, question: Question) -> None:
    """Put `question` when this transaction commits, or settle it by the attention budget.

    Either way the run that waits for `question.key` gets one message in the end: `Decision.message`
    of what became of it. The questions of many journeys are written together.
    """
    tx.gather(_ask, question)


async def _ask(tx: Transaction, questions: list[Question]) -> None:
    owner_ids = {one.owner_id for one in questions if one.owner_id is not None}
    owners = await parties.get_owners(tx, sorted(owner_ids))
    spared = await _spare(tx, questions, owners)
    asked = [one for one in questions if one.id not in spared]
    for one in asked:
        append(tx, f"case:{one.case_id}", _asked(one))
    mails = await gather.put(tx, asked, owners)
    decisions = [
        _settle(tx, one, *spared[one.id]) if one.id in spared else _open(one, mails.get(one.id))
        for one in questions
    ]
    await store.insert(tx, decisions)
    tx.notify(CHANNEL)


async def _spare(
    tx: Transaction, questions: Sequence[Question], owners: Mapping[UUID, Owner]
) -> dict[UUID, tuple[date, int]]:
    """The questions that are not asked, with their week and the budget."""
    by_week: dict[tuple[UUID, date], list[Question]] = {}
    for one in questions:
        if one.owner_id is not None and counts(one):
            week = week_of(clock.now(), _zone(owners, one.owner_id))
            by_week.setdefault((one.owner_id, week), []).append(one)
    if not by_week:
        return {}
    budgets = await attention_of(tx, {owner for owner, _ in by_week})
    asked = await store.lock_spent(tx, sorted(by_week))
    found: dict[UUID, tuple[date, int]] = {}
    for key, theirs in by_week.items():
        owner, week = key
        spared, asked[key] = spare(theirs, asked[key], budgets[owner])
        found.update({one.id: (week, budgets[owner]) for one in spared})
    await store.spend(tx, asked)
    return found


def _settle(tx: Transaction, question: Question, week: date, budget: int) -> Decision:
    now = clock.now()
    decision = Decision(question, State.SPARED, now, chosen=question.default, settled_at=now)
    durable.send(tx, question.run_id, question.key, decision.message())
    event = DecisionSpared(
        question.id,
        question.owner_id,
        question.words,
        question.default,
        week.isoformat(),
        budget,
    )
    append(tx, f"case:{question.case_id}", event)
    return decision


def _asked(question: Question) -> DecisionAsked:
    return DecisionAsked(
        decision=question.id,
        to=question.to,
        owner=question.owner_id,
        words=question.words,
        options=tuple(option.id for option in question.options),
        default=question.default,
        approves={one.id: one.approves for one in question.options if one.approves},
        deadline=question.deadline.isoformat(),
    )


def _open(question: Question, mail: tuple[UUID, datetime] | None) -> Decision:
    notice, at = mail or (None, None)
    return Decision(question, State.OPEN, clock.now(), notice, mail_at=at)


def _zone(owners: Mapping[UUID, Owner], owner_id: UUID) -> str:
    owner = owners.get(owner_id)
    return owner.zone if owner else "UTC"
