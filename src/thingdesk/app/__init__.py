"""The composition root: the only package that knows everything. It registers explicitly."""

from thingdesk.app.base import NO_DESK, SEEK, database, migrate_all
from thingdesk.app.desk import PACKAGES, Desk, make_flow, make_map, public_url
from thingdesk.app.run import DESK_BROKER, running

__all__ = [
    "DESK_BROKER",
    "NO_DESK",
    "PACKAGES",
    "SEEK",
    "Desk",
    "database",
    "make_flow",
    "make_map",
    "migrate_all",
    "public_url",
    "running",
]
