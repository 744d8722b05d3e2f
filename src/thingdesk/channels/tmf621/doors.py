from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from thingdesk.access import Caller
from thingdesk.calling import Calls
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
    fields: Fields = None,
    offset: int | None = None,
    limit: int | None = None,
    before: str | None = None,
    sort: str | None = None,
    filter: str | None = None,  # noqa: A002 - as TMF621 names it
) -> dict[str, str]:
    given = {"fields": fields, "before": before, "sort": sort, "filter": filter}
    numbers = {"offset": offset, "limit": limit}
    return {name: str(value) for name, value in {**given, **numbers}.items() if value is not None}


Listing = Annotated[dict[str, str], Depends(_listing)]
