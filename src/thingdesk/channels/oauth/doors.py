from dataclasses import dataclass

from thingdesk.access import Documents, Tokens
from thingdesk.catalog import Catalog
from thingdesk.parties import DeskKey
from thingdesk.platform.database import Database


@dataclass(frozen=True, slots=True)
class Doors:
    """What the paths work with. `base` is the desk's own address, and that of its pages."""

    database: Database
    tokens: Tokens
    documents: Documents
    key: DeskKey
    base: str
    catalog: Catalog
