"""What ends a dialogue that gets nowhere: two programs can answer each other for ever."""

from thingdesk import journeys
from thingdesk.access import Caller
from thingdesk.dialogue import store
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, refuse

MOST_HOPS = 8
"""Through how many hands a request may have gone before it reaches the desk."""
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


def check_hops(hops: int) -> None:
    """Raises Refused for what has gone from hand to hand too often, as a loop does."""
    if hops > MOST_HOPS:
        words = f"it has gone through {hops} hands; {MOST_HOPS} at most: it may go in a circle"
        raise refuse("too_many_hops", words, Recovery.CONTACT_US)
    if hops < 0:
        raise refuse("unfit_hops", "the number of hops is 0 or more")


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
