"""What ends a dialogue that gets nowhere: two programs can answer each other for ever."""

from thingdesk import journeys
from thingdesk.access import Caller
from thingdesk.dialogue import store
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, refuse

MOST_TURNS = 60
"""How often a machine may say something in one context within a day."""
_LONGEST = 128


async def may_say(tx: Transaction, who: str, context: str) -> bool:
    """The same for who is no machine, such as somebody who writes mails."""
    return await _turns(tx, who, context) <= MOST_TURNS


async def _turns(tx: Transaction, who: str, context: str) -> int:
    turns = await store.take(tx, who, context, clock.now())
    if turns == MOST_TURNS + 1:
        told = f"{who} has said {turns} things in one dialogue within a day: {context}."
        await journeys.tell_staff(tx, "dialogue.stalemate", told, None)
    return turns


async def take_turn(tx: Transaction, caller: Caller, context: str) -> Refusal | None:
    """Count that the caller says something in `context` (such as a case's id, or the id that a
    protocol gives a conversation); a refusal when it has said enough for a day. Staff are told once
    a day. What counts is committed with `tx`, also where it is refused.
    """
    if not 0 < len(context) <= _LONGEST or not context.isprintable():
        raise refuse("unfit_context", f"a context has 1 to {_LONGEST} printable characters")
    turns = await _turns(tx, caller.machine, context)
    if turns <= MOST_TURNS:
        return None
    words = (
        f"this dialogue gets no further: {turns} times something was said in it within a day. What"
        " is open goes on without it; ask for a person, or come again tomorrow"
    )
    return Refusal("stalemate", words, Recovery.CONTACT_US)
