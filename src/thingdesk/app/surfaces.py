"""What is served over HTTP: each surface by its own channel, all of them for one `Dialogue`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from urllib.parse import urlsplit

from starlette.routing import Router

from thingdesk import web
from thingdesk.access import Documents, Surface, Tokens
from thingdesk.app.desk import Desk
from thingdesk.calling import Calls
from thingdesk.channels import (
    a2a,
    brokers,
    cards,
    http,
    mcp,
    mqtt,
    oauth,
    operations,
    platforms,
    tmf621,
    webhook,
)
from thingdesk.dialogue import Dialogue
from thingdesk.intake import Intake
from thingdesk.parties import DeskKey
from thingdesk.platform.quota import Quota
from thingdesk.platform.serve import Door, serve


@asynccontextmanager
async def serving(
    desk: Desk,
    door: Door,
    intake: Intake,
    key: DeskKey,
    group: asyncio.TaskGroup,
    taking: platforms.Taking | None,
) -> AsyncIterator[Door]:
    """All that answers at the door, for as long as the block lasts; what it needs beside it runs in
    `group`.
    """
    settings, database, base = desk.settings, desk.database, desk.callers.base
    async with AsyncExitStack() as stack:
        dialogue = Dialogue(database, desk.flow, intake, base, desk.stop)
        group.create_task(dialogue.run())
        app = Router()
        operations.install(app, desk.operations.readiness)
        if taking is not None and settings.platform_secret is not None:
            platforms.install(app, taking, settings.platform_secret)
        # before HTTP, which has the rest of /v1
        mqtt.install(app, desk.flow.catalog, desk.broker_address)
        quota = Quota(settings.calls)  # of a machine's calls, whichever surface they come by
        _over_http(app, desk, dialogue, intake, key, quota)
        reached = settings.webhook_networks
        calls = Calls(desk.callers, Surface.A2A, quota)
        a2a.install(app, a2a.Doors(calls, dialogue, key, database, reached))
        group.create_task(_agents(app, desk, dialogue, key, quota, door).run())
        told = settings.contact, settings.open_cases, settings.calls
        at = cards.About(base, desk.broker_address, *told)
        cards.install(app, desk.flow.catalog, at, http.make_thing(desk.flow.catalog, base))
        tokens = await stack.enter_async_context(Tokens(database, base))
        documents = await stack.enter_async_context(Documents(allowed=reached, base=base))
        oauth.install(app, oauth.Doors(database, tokens, documents, key, base, desk.flow.catalog))
        about = (settings.public_url, desk.stop, settings.contact, settings.currency)
        pages = web.Pages(database, desk.flow, key, *about, desk.issuer)
        asked = brokers.answering(app, database, desk.callers, settings.broker_secret)
        await stack.enter_async_context(asked)
        group.create_task(web.install(app, pages).run())  # last: it takes whatever path is left
        proxies, most = settings.proxies, settings.connections
        yield await stack.enter_async_context(serve(app, door, proxies=proxies, connections=most))


def _over_http(
    app: Router, desk: Desk, dialogue: Dialogue, intake: Intake, key: DeskKey, quota: Quota
) -> None:
    """The desk's own paths, and those of tickets; both register addresses that hear of cases."""
    settings, database = desk.settings, desk.database
    calls = Calls(desk.callers, Surface.HTTP, quota)
    register = webhook.Registrar(database, dialogue, allowed=settings.webhook_networks).register
    doors = http.Doors(database, intake, calls, desk.flow.catalog, key, dialogue, register)
    http.install(app, doors)
    tmf621.install(app, tmf621.OpenDoors(database, calls, dialogue, register))


def _agents(
    app: Router, desk: Desk, dialogue: Dialogue, key: DeskKey, quota: Quota, door: Door
) -> mcp.Mcp:
    """MCP; with its fixtures where a suite of tests is to find them."""
    # by its public name, and where it listens
    hosts = tuple({urlsplit(url).netloc for url in (desk.callers.base, door.url)})
    calls = Calls(desk.callers, Surface.MCP, quota)
    doors = mcp.Doors(calls, dialogue, desk.flow.catalog, key.secret("mcp"), desk.stop, hosts)
    agents = mcp.install(app, doors)
    if desk.fixtures:
        import_module(desk.fixtures).install(agents.server, desk.database)
    return agents
