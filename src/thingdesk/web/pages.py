import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from thingdesk.flow import Flow
from thingdesk.parties import DeskKey, Place
from thingdesk.platform.database import Database
from thingdesk.web.issuer import Issuer


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages work with. `public_url` is how people reach them, where that is set; the
    streams of open pages end with `stop`. `contact` tells owners how to reach a person, `currency`
    is that of their mandates; `issuer` vouches for staff, where one is set.
    """

    database: Database
    flow: Flow
    key: DeskKey
    public_url: str | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    contact: str = ""
    currency: str = "EUR"
    issuer: Issuer | None = None
    # a password takes long to check: those who wait for it must not keep the database from others
    passwords: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    @property
    def secure(self) -> bool:
        return bool(self.public_url and self.public_url.startswith("https:"))

    @property
    def place(self) -> Place | None:
        """Where passkeys are good; None where a browser gives none."""
        return Place.of(self.public_url)


async def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


Open = Annotated[Pages, Depends(_pages)]
