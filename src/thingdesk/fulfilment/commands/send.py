from uuid import UUID

from thingdesk.fulfilment import bounds
from thingdesk.fulfilment.commands import store
from thingdesk.fulfilment.commands.model import Command, problems
from thingdesk.fulfilment.events import CommandSent, tell_case
from thingdesk.platform.database import Transaction


async def send_command(tx: Transaction, command: Command) -> UUID:
    """Put a command out for its machine when this transaction commits; the id of the command.

    The journey then waits for `command_key(id)`. Sending again with the same `effect_id` changes
    nothing. Raises Refused `command_invalid`.
    """
    bounds.check(
        "command_invalid",
        bounds.document("arguments", command.arguments),
        bounds.document("preconditions", command.preconditions),
        problems(command),
    )
    tx.gather(_write, command)
    return command.effect_id


async def _write(tx: Transaction, commands: list[Command]) -> None:
    first = {one.effect_id: one for one in reversed(commands)}
    new = await store.insert(tx, [first[one] for one in sorted(first)])
    for one in sorted(new):
        tell_case(tx, first[one].case_id, _event(first[one]))
    if new:
        tx.notify("command")


def _event(command: Command) -> CommandSent:
    return CommandSent(
        command.effect_id,
        command.machine,
        command.name,
        dict(command.arguments),
        dict(command.preconditions),
        command.expires,
    )
