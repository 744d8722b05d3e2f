from uuid import UUID

from thingdesk.decisions import store
from thingdesk.decisions.events import AttentionSet
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append

USUAL = 3


async def attention(tx: Transaction) -> int:
    """How many questions an owner gets in a calendar week: what was set, else three."""
    budget = await store.attention(tx)
    return USUAL if budget is None else budget


async def set_attention(tx: Transaction, questions: int, by: UUID | None = None) -> None:
    """Set the attention budget of all owners, from now on; 0 spares all that can be spared."""
    if questions < 0:
        raise ValueError(f"{questions} questions a week cannot be")
    await store.set_attention(tx, questions)
    append(tx, "desk", AttentionSet(questions, by))
