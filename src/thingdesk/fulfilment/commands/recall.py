from uuid import UUID

from thingdesk.fulfilment.commands import store
from thingdesk.fulfilment.commands.model import CommandState
from thingdesk.fulfilment.events import CommandRecalled, CommandUndelivered, tell_case
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def recall_command(tx: Transaction, command_id: UUID, reason: str) -> bool:
    """Take a command back; whether it is certain that the machine has never had it.

    One that was put out already is followed by its recall, until the machine says what became of
    it or its time is over. What has a result stays as it is.
    """
    sent = await store.lock(tx, command_id)
    if sent is None:  # it may have been sent in this very transaction
        await tx.flush()
        sent = await store.lock(tx, command_id)
    if sent is None or sent.state is not CommandState.WAITING:
        return False
    case_id, machine = sent.command.case_id, sent.command.machine
    now = clock.now()
    if not sent.attempts:
        await store.end(tx, [sent.id], CommandState.UNDELIVERED, {}, now)
        tell_case(tx, case_id, CommandUndelivered(sent.id, machine, reason))
        return True
    if sent.recalled_at is None:
        await store.recall(tx, sent.id, reason, now)
        tell_case(tx, case_id, CommandRecalled(sent.id, machine, reason))
        tx.notify("command")
    return False
