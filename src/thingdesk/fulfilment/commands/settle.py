from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from thingdesk.fulfilment import bounds
from thingdesk.fulfilment.commands import store
from thingdesk.fulfilment.commands.model import (
    RESULTS,
    CommandState,
    SentCommand,
    Settled,
    message,
    settle,
)
from thingdesk.fulfilment.events import CommandSettled, tell_case
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, refuse


async def settle_command(
    tx: Transaction, command_id: UUID, machine: str, status: str, detail: Mapping[str, Any]
) -> Settled:
    """A machine says what became of a command: `done`, `refused`, `failed`, `expired`, `recalled`.

    The first result counts, however late it comes, and goes to the journey; the same again is
    taken in peace. Raises Refused for a bad result (`result_invalid`), a command that is not this
    machine's (`command_unknown`), and a second result that differs (`command_settled`).
    """
    bounds.check("result_invalid", _status(status), bounds.document("detail", detail))
    sent = await store.lock_of(tx, command_id, machine)
    if sent is None:
        raise refuse(
            "command_unknown", "there is no such command to this machine", Recovery.CONTACT_US
        )
    result = CommandState(status)
    answer = settle(sent.state, result)
    if answer in (Settled.NOW, Settled.LATE):
        await _end(tx, sent, result, detail, late=answer is Settled.LATE)
    elif answer is Settled.OTHER:
        raise refuse(
            "command_settled",
            f"the machine has said before that the command is {sent.state.value}",
            Recovery.CONTACT_US,
        )
    return answer


async def _end(
    tx: Transaction,
    sent: SentCommand,
    result: CommandState,
    detail: Mapping[str, Any],
    *,
    late: bool,
) -> None:
    await store.end(tx, [sent.id], result, detail, clock.now())
    event = CommandSettled(sent.id, sent.command.machine, result.value, dict(detail), late)
    tell_case(tx, sent.command.case_id, event)
    durable.send(tx, sent.command.run_id, *message(sent, result, detail))


def _status(status: object) -> Iterator[FieldError]:
    if not isinstance(status, str) or status not in RESULTS:
        known = ", ".join(sorted(RESULTS))
        yield FieldError("status", "is no result of a command", f"send one of {known}")
