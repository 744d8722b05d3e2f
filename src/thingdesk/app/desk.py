"""What a running desk is, and what it is made of."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from urllib.parse import urlsplit

from thingdesk import diagnosis
from thingdesk.access import Callers
from thingdesk.catalog import Catalog
from thingdesk.channels import platforms
from thingdesk.contact import CallBacks
from thingdesk.flow import Flow
from thingdesk.loading import load
from thingdesk.operations import Operations
from thingdesk.parties import WeeklyHours
from thingdesk.platform.database import Database
from thingdesk.platform.embedded import EmbeddedBroker
from thingdesk.platform.serve import Door
from thingdesk.platform.settings import Settings
from thingdesk.web import Issuer

PACKAGES = (
    "thingdesk.platform.words",
    "thingdesk.platform.durable",
    "thingdesk.timeline",
    "thingdesk.parties",
    "thingdesk.mandates",
    "thingdesk.signals",
    "thingdesk.diagnosis",
    "thingdesk.cases",
    "thingdesk.notices",
    "thingdesk.hooks",
    "thingdesk.decisions",
    "thingdesk.fulfilment",
    "thingdesk.contact",
    "thingdesk.journeys",
    "thingdesk.access",
    "thingdesk.dialogue",
)
"""The packages that have tables, in the order of their layers."""


@dataclass
class Desk:
    """A running desk: where it can be reached, and what it is made of."""

    settings: Settings
    database: Database
    broker_url: str
    flow: Flow
    operations: Operations
    callers: Callers
    stop: asyncio.Event
    door: Door | None = None
    http_url: str | None = None
    operations_url: str | None = None
    broker: EmbeddedBroker | None = None
    on_flood: Callable[[str], None] | None = None
    map: platforms.Map | None = None
    issuer: Issuer | None = None
    fixtures: str | None = None

    @property
    def broker_address(self) -> str:
        """Where machines connect, without the desk's own password."""
        if self.broker is not None:
            return f"mqtt://{self.broker.host}:{self.broker.port}"
        parts = urlsplit(self.broker_url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or 1883}"


def make_flow(settings: Settings) -> Flow:
    """What the ready packs and the modules that are set as packs bring."""
    packs = load(settings.packs, settings.ready_packs)
    meanings = diagnosis.load_descriptions(settings.trouble_codes)
    calls = CallBacks(_staff_hours(settings), settings.zone, settings.call_backs)
    catalog = Catalog(packs.services)
    return Flow(catalog, packs.rules, settings.zone, meanings, settings.open_cases, calls)


def _staff_hours(settings: Settings) -> WeeklyHours:
    return WeeklyHours.weekdays(*map(time.fromisoformat, settings.staff_hours.split("-")))


def make_map(settings: Settings, offered: Catalog) -> platforms.Map | None:
    """What the words of IoT platforms mean here. Raises MapError."""
    if settings.platforms is None:
        return None
    return platforms.read_map(settings.platforms, [one.name for one in offered])


def public_url(settings: Settings) -> str:
    """How people reach the pages."""
    return settings.public_url or f"http://{settings.http_host}:{settings.http_port}"
