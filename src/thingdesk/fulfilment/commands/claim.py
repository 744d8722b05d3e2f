from thingdesk.fulfilment.commands import store
from thingdesk.fulfilment.commands.model import SentCommand
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def claim_due_commands(tx: Transaction, most: int) -> list[SentCommand]:
    """Up to `most` commands that are due, each for one attempt to reach its machine; one with
    `recalled_at` is to be recalled.

    The next attempt comes by itself, later each time, until there is a result or the command
    expires; the machine drops repeats by the id.
    Commit before sending: then a crash leads to a repeat and never to a loss.
    """
    return await store.claim(tx, clock.now(), most)


async def waiting_commands(tx: Transaction, machine: str, most: int = 100) -> list[SentCommand]:
    """What a machine that asks is still to do or to drop, the oldest first: it is put out now."""
    return await store.waiting(tx, machine, clock.now(), most)
