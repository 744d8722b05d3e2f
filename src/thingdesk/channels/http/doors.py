from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from thingdesk.access import Callers
from thingdesk.catalog import Catalog
from thingdesk.intake import Intake
from thingdesk.parties import DeskKey
from thingdesk.platform.database import Database


@dataclass(frozen=True, slots=True)
class Doors:
    """What the paths work with; the app keeps it as `app.state.doors`."""

    database: Database
    intake: Intake
    callers: Callers
    offered: Catalog
    key: DeskKey


async def _doors(request: Request) -> Doors:
    doors: Doors = request.app.state.doors
    return doors


Open = Annotated[Doors, Depends(_doors)]
