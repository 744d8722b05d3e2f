from collections.abc import Collection
from uuid import UUID

from thingdesk.decisions import store
from thingdesk.decisions.budget import week_of
from thingdesk.decisions.events import AttentionChosen, AttentionSet
from thingdesk.parties import Owner
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append

USUAL = 3


async def attention(tx: Transaction) -> int:
    """How many questions an owner gets in a calendar week, who has chosen no other number: what
    was set, else three.
    """
    return _or_usual(await store.attention(tx))


async def attention_of(tx: Transaction, owner_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many questions each of these owners gets in a calendar week."""
    budgets = await store.attention_of(tx, owner_ids)
    return {one: _or_usual(budget) for one, budget in budgets.items()}


async def asked_this_week(tx: Transaction, owner: Owner) -> int:
    """How many questions the owner got in this calendar week that count."""
    return await store.spent(tx, owner.id, week_of(clock.now(), owner.zone))


async def set_attention(tx: Transaction, questions: int, by: UUID | None = None) -> None:
    """Set the attention budget of all owners who have not chosen their own, from now on; 0 spares
    all that can be spared.
    """
    _check(questions)
    await store.set_attention(tx, questions)
    append(tx, "desk", AttentionSet(questions, by))


async def choose_attention(tx: Transaction, owner_id: UUID, questions: int | None) -> None:
    """An owner's own attention budget, from now on; None: what the organisation set."""
    if questions is not None:
        _check(questions)
    await store.choose_attention(tx, owner_id, questions)
    append(tx, f"owner:{owner_id}", AttentionChosen(questions))


def _or_usual(budget: int | None) -> int:
    return USUAL if budget is None else budget


def _check(questions: int) -> None:
    if questions < 0:
        raise ValueError(f"{questions} questions a week cannot be")
