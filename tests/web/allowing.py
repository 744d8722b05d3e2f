"""The pages on which an owner lets somebody act, with somebody who asks."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from tests.journeys.agents import REPAIRS, an_agent, euros
from tests.web.hooking import a_hook, due, tried
from tests.web.owners import owner_of
from tests.web.site import Site

from thingdesk import access
from thingdesk.access import Browsed, Client, Pairing, Surface
from thingdesk.mandates import Terms
from thingdesk.platform import clock

ASKS = replace(
    REPAIRS,
    services=("vehicle.breakdown", "vehicle.repair"),
    cases=5,
    approval_above=euros(200),
    ends=clock.now() + timedelta(days=90, hours=1),
)
APP = Client(
    "https://app.example/client.json",
    "<b>Butler</b> {{7*7}}",
    redirects=("https://app.example/back?x=1",),
)


async def a_code(site: Site, asks: Terms = ASKS, client: Client | None = None) -> Pairing:
    if client is None:
        agent = await an_agent(site.hand.database)
        client = Client(agent, "Kitchen speaker", agent)
    async with site.hand.database.transaction() as tx:
        return await access.pair(tx, client, asks, (Surface.HTTP,))


async def a_request(site: Site, client: Client = APP, asks: Terms = ASKS) -> UUID:
    said = Browsed("https://desk.example", client.redirects[0], "c" * 43, "S256", "st4te")
    async with site.hand.database.transaction() as tx:
        return (await access.ask_owner(tx, client, asks, (Surface.MCP,), said)).id


OWNER = "car-1"
"""Whose owner is logged in."""


async def pages(site: Site) -> dict[str, str]:
    """By a name. One has said yes already, so that their page says who may act; what is told of
    their machine is not taken.
    """
    await due(site, await a_hook(site, OWNER))
    await tried(site)
    owner, shown = await owner_of(site, OWNER), await a_code(site)
    async with site.hand.database.transaction() as tx:
        waiting = await access.pending(tx, shown.user_code)
        assert waiting
        await access.confirm(tx, site.hand.flow, waiting.id, owner, waiting.asks)
    asked = await site.hand.question((await site.hand.case_of(OWNER)).id)
    return {
        "enter": "/enter",
        "pair": "/pair",
        "allow": f"/allow/{await a_request(site)}",
        "question by its address": f"/question/{asked.question.id}",
        "undelivered": "/undelivered",
    }
