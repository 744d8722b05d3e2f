"""Commands to the machine."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk.fulfilment import Command, CommandState, command_key
from thingdesk.fulfilment.effects import send_command
from thingdesk.journeys.context import Context, Intent
from thingdesk.journeys.effects import effect
from thingdesk.journeys.model import Failed
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_GRACE = timedelta(minutes=1)


async def command(
    journey: Context,
    name: str,
    arguments: dict[str, Any],
    expires: timedelta,
    preconditions: dict[str, Any],
) -> dict[str, Any]:
    async def perform(tx: Transaction, effect_id: UUID) -> dict[str, Any]:
        until = clock.now() + expires
        sent = Command(
            effect_id,
            journey.run.id,
            journey.case_id,
            journey.subject,
            name,
            until,
            arguments,
            preconditions,
        )
        return {"command": str(await send_command(tx, sent)), "expires": until.isoformat()}

    intent = Intent(
        "command",
        f"Tell {journey.subject} to {name.replace('_', ' ')}.",
        {"command": name, "arguments": arguments, "preconditions": preconditions},
        remedy=name,
    )
    sent = await effect(journey, intent, perform)
    until = datetime.fromisoformat(sent["expires"]) + _GRACE
    heard = await journey.wait(command_key(UUID(sent["command"])), until=until)
    status = heard.value["status"] if heard else CommandState.EXPIRED
    if status != CommandState.DONE:
        raise Failed(f"command_{status}", f"{journey.subject} did not {name}: {status}.")
    detail: dict[str, Any] = heard.value["detail"] if heard else {}
    return detail
