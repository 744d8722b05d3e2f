from collections.abc import Sequence
from dataclasses import dataclass

from thingdesk.calling import Calls
from thingdesk.dialogue import Dialogue
from thingdesk.parties import DeskKey
from thingdesk.platform.database import Database
from thingdesk.platform.outward import Network


@dataclass(frozen=True, slots=True)
class Doors:
    """What the surface works with. `allowed` are private networks that may be told of tasks."""

    calls: Calls
    dialogue: Dialogue
    key: DeskKey
    database: Database
    allowed: Sequence[Network] = ()
