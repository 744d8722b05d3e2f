"""What the end point works with."""

import asyncio
from dataclasses import dataclass, field

from thingdesk.calling import Calls
from thingdesk.catalog import Catalog
from thingdesk.dialogue import Dialogue


@dataclass(frozen=True, slots=True)
class Doors:
    """Who calls, what is done for them, and what all workers of a desk share: its `offered`
    services and the `secret` (32 bytes) that sessions and half-done calls are sealed with. `stop`
    ends what is still open. `hosts` are those by which the desk is called.
    """

    calls: Calls
    dialogue: Dialogue
    offered: Catalog
    secret: bytes = field(repr=False)
    stop: asyncio.Event
    hosts: tuple[str, ...]
