"""A site in the test's hand: the real pages before a real desk, moved step by step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
from starlette.routing import Router
from tests import whose
from tests.hand import Hand, open_hand

from thingdesk import fulfilment, mandates, parties, web
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import StockLine
from thingdesk.mandates import Policy, Terms
from thingdesk.packs import equipment, meter, vehicle
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money
from thingdesk.sdk import Data, Journey, Outcome, Promise, Service, choose, hours, service

URL = "http://desk.example"
GENEROUS = Terms(("vehicle.*",), per_case=Money(50000, "EUR"), per_period=Money(200000, "EUR"))
MISFIRE = {"code": "P0301"}
PARTS = ("ignition_coil", "water_pump", "alternator")


class Noise(Data):
    """Something that only people can judge."""

    noise: str
    loud: bool | None = None


class Judged(Outcome):
    """What people said."""


@service("test.odd", title="Judge a noise", promise=Promise(), identity=("noise",))
async def odd(journey: Journey, given: Noise) -> Judged:
    """Ask staff."""
    words = f"Is the {given.noise} dangerous?"
    said = await journey.ask_staff(choose(words, yes="It is", no="It is not"), within=hours(2))
    return Judged(words=f"Staff said {said}.")


@dataclass
class Site:
    """The desk and its pages; `get` and `post` are a browser's, without a session."""

    hand: Hand
    app: Router
    pages: web.Pages
    live: web.Live

    @asynccontextmanager
    async def browser(self, **more: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser that sends forms from our own pages."""
        headers = {"Origin": URL, **more}
        door = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=door, base_url=URL, headers=headers) as one:
            yield one

    def link(
        self,
        purpose: str,
        subject: UUID,
        owner: UUID | None = None,
        *,
        lasts: timedelta = timedelta(days=1),
    ) -> str:
        until = clock.now() + lasts
        token = parties.sign_link(self.pages.key, purpose, subject, until, owner=owner)
        return f"/{purpose}/{token}"

    async def own(self, name: str) -> str:
        """The link to the page of a machine's owner."""
        async with self.hand.database.transaction() as tx:
            owner = await whose.owner_of(tx, name)
        assert owner
        return self.link(parties.OWNER_PAGE, owner.id)

    async def car(self, name: str, terms: Terms | None = GENEROUS) -> None:
        owner = await self.hand.machine(name, "car", owner=f"owner-{name}")
        assert owner
        if terms is not None:
            async with self.hand.database.transaction() as tx:
                await mandates.grant(tx, owner, terms)

    async def asked(self, name: str, terms: Terms | None = GENEROUS) -> tuple[UUID, str]:
        """A car's case that waits for its owner, and the link to the question."""
        await self.car(name, terms)
        case_id = await self.hand.opened(name, "vehicle.repair", MISFIRE)
        question = (await self.hand.question(case_id)).question
        return case_id, self.link("decision", question.id, question.owner_id)

    async def offered(self, name: str) -> tuple[UUID, str]:
        """A car's case with a job that waits for a centre, and the link to the job."""
        case_id, _ = await self.asked(name)
        await self.hand.answer(case_id, "slot0")
        job = await self.hand.offered(case_id)
        return case_id, self.link("job", job.id)


async def open_site(
    database: Database, *more: Service, url: str | None = None, issuer: web.Issuer | None = None
) -> Site:
    """`url` is how people reach it, where that is to be set, and `issuer` vouches for staff."""
    services = [*equipment.SERVICES, *vehicle.SERVICES, *meter.SERVICES, odd, *more]
    flow = Flow(Catalog(services), [*equipment.RULES, *vehicle.RULES])
    hand = await open_hand(database, flow)
    centres = [
        await hand.provider("Centre Near", "repair_centre", "engine", "cooling", km=2),
        await hand.provider("Centre Far", "repair_centre", "engine", "cooling", km=30),
    ]
    await hand.provider("Truck One", "tow_truck", km=4)
    await hand.provider("Machinery North", "technician", "machinery", km=3)
    async with database.transaction() as tx:
        lines = [StockLine(centre.id, part, 500) for centre in centres for part in PARTS]
        await fulfilment.set_stock(tx, lines)
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))
        key = await parties.desk_key(tx)
    pages = web.Pages(database, flow, key, url, issuer=issuer)
    app = Router()
    return Site(hand, app, pages, web.install(app, pages))
