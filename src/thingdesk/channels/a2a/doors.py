from dataclasses import dataclass

from thingdesk.access import Callers
from thingdesk.dialogue import Dialogue
from thingdesk.parties import DeskKey


@dataclass(frozen=True, slots=True)
class Doors:
    """What the surface works with."""

    callers: Callers
    dialogue: Dialogue
    key: DeskKey
