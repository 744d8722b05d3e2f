from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from thingdesk.access import Caller
from thingdesk.calling import Calls
from thingdesk.catalog import Catalog
from thingdesk.dialogue import Dialogue
from thingdesk.hooks import Hook, NewHook
from thingdesk.intake import Intake
from thingdesk.parties import DeskKey
from thingdesk.platform.database import Database

Register = Callable[[Caller, NewHook], Awaitable[Hook]]


@dataclass(frozen=True, slots=True)
class Doors:
    """What the paths work with; the app keeps it as `app.state.doors`."""

    database: Database
    intake: Intake
    calls: Calls
    offered: Catalog
    key: DeskKey
    dialogue: Dialogue
    register: Register


async def _doors(request: Request) -> Doors:
    doors: Doors = request.app.state.doors
    return doors


Open = Annotated[Doors, Depends(_doors)]


async def _sender(request: Request, doors: Open) -> str:
    return (await doors.calls.recognise(request)).machine


async def counted(request: Request, doors: Open) -> Caller:
    return await doors.calls.admit(request)


Sender = Annotated[str, Depends(_sender)]
"""The machine that calls, for what is bounded elsewhere."""
Calling = Annotated[Caller, Depends(counted)]
"""Who calls; the call is counted."""
