from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from thingdesk.access import Caller
from thingdesk.calling import Calls
from thingdesk.channels.tmf621.select import Asked
from thingdesk.dialogue import Dialogue
from thingdesk.hooks import Hook, NewHook
from thingdesk.platform.database import Database

BASE = "/tmf-api/troubleTicket/v5"
Fields = Annotated[str | None, Query(description="Attributes to answer, by comma.")]


@dataclass(frozen=True, slots=True)
class OpenDoors:
    """What the paths work with; the app keeps it as `app.state.doors`."""

    database: Database
    calls: Calls
    dialogue: Dialogue
    register: Callable[[Caller, NewHook], Awaitable[Hook]]

    @property
    def base(self) -> str:
        """The address of the surface."""
        return self.calls.base + BASE


async def _doors(request: Request) -> OpenDoors:
    doors: OpenDoors = request.app.state.doors
    return doors


Open = Annotated[OpenDoors, Depends(_doors)]


async def _counted(request: Request, doors: Open) -> Caller:
    return await doors.calls.admit(request)


Calling = Annotated[Caller, Depends(_counted)]


async def _listing(
    request: Request,
    fields: Fields = None,
    offset: int | None = None,
    limit: int | None = None,
    before: str | None = None,
    sort: str | None = None,
    filter: str | None = None,  # noqa: A002 - as TMF621 names it
) -> Asked:
    given = {"fields": fields, "before": before, "sort": sort, "filter": filter}
    numbers = {"offset": offset, "limit": limit}
    named = {**given, **numbers}
    return Asked(
        {name: str(value) for name, value in named.items() if value is not None},
        tuple(one for one in request.query_params.multi_items() if one[0] not in named),
    )


Listing = Annotated[Asked, Depends(_listing)]
