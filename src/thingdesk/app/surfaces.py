"""What is served over HTTP: each surface by its own channel, all of them for one `Dialogue`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.routing import Router

from thingdesk import web
from thingdesk.app.desk import Desk
from thingdesk.channels import brokers, http, operations
from thingdesk.dialogue import Dialogue
from thingdesk.intake import Intake
from thingdesk.parties import DeskKey
from thingdesk.platform.serve import Door, serve


@asynccontextmanager
async def serving(
    desk: Desk, door: Door, intake: Intake, key: DeskKey, group: asyncio.TaskGroup
) -> AsyncIterator[Door]:
    """All that answers at the door, for as long as the block lasts; what it needs beside it runs in
    `group`.
    """
    settings = desk.settings
    dialogue = Dialogue(desk.database, desk.flow, intake, desk.callers.base, desk.stop)
    group.create_task(dialogue.run())
    app = Router()
    operations.install(app, desk.operations.readiness)
    catalog = desk.flow.catalog
    http.install(app, http.Doors(desk.database, intake, desk.callers, catalog, key))
    about = (settings.public_url, desk.stop, settings.contact, settings.currency)
    pages = web.Pages(desk.database, desk.flow, key, *about)
    async with brokers.answering(app, desk.database, desk.callers, settings.broker_secret):
        group.create_task(web.install(app, pages).run())  # last: it takes whatever path is left
        async with serve(app, door, proxies=settings.proxies) as served:
            yield served
