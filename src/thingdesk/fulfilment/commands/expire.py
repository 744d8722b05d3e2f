from collections.abc import Sequence

from thingdesk.fulfilment.commands import store
from thingdesk.fulfilment.commands.model import CommandState, SentCommand, message
from thingdesk.fulfilment.events import CommandUnanswered, CommandUndelivered, tell_case
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction

_TOO_LATE = "its time was over before it could be put out"


async def expire_commands(tx: Transaction, most: int = 500) -> int:
    """Mark the commands whose time is over, `most` at a time; how many there were.

    What was never put out is certain, and the journey hears it. Of the others nobody but the
    machine knows: the journey waits on for a late result, as long as it wants to.
    """
    over = await store.lock_over(tx, clock.now(), most)
    put_out = [sent for sent in over if sent.attempts]
    kept_in = [sent for sent in over if not sent.attempts]
    await _mark(tx, put_out, CommandState.UNANSWERED)
    await _mark(tx, kept_in, CommandState.UNDELIVERED)
    for sent in put_out:
        tell_case(tx, sent.command.case_id, CommandUnanswered(sent.id, sent.command.machine))
    for sent in kept_in:
        event = CommandUndelivered(sent.id, sent.command.machine, _TOO_LATE)
        tell_case(tx, sent.command.case_id, event)
        durable.send(tx, sent.command.run_id, *message(sent, CommandState.UNDELIVERED, {}))
    return len(over)


async def _mark(tx: Transaction, over: Sequence[SentCommand], state: CommandState) -> None:
    if over:
        await store.end(tx, [sent.id for sent in over], state, {}, clock.now())
