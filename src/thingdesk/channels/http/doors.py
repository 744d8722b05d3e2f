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
from thingdesk.platform.errors import refuse

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


async def _itself(request: Request, doors: Open) -> str:
    return itself(await doors.calls.admit(request))


def itself(caller: Caller) -> str:
    """The machine, where it calls by its own key: who was given a mandate asks for services, and
    is not believed as what observes and carries out. Raises Refused.
    """
    if caller.mandate:
        words = (
            "under a mandate services are asked for, and their cases looked at; this is for the"
            " machine itself, by a token that it signed with its own key"
        )
        raise refuse("only_by_own_key", words)
    return caller.machine


async def counted(request: Request, doors: Open) -> Caller:
    return await doors.calls.admit(request)


Itself = Annotated[str, Depends(_itself)]
"""The machine that calls by its own key; the call is counted."""
Calling = Annotated[Caller, Depends(counted)]
"""Who calls; the call is counted."""
