"""A desk from its start to its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module

from thingdesk import parties, upkeep
from thingdesk.access import Callers
from thingdesk.app.base import migrate_all, own_database
from thingdesk.app.desk import PACKAGES, Desk, make_flow, make_map, public_url
from thingdesk.app.ingest import hear_platform, ingest, platform_words
from thingdesk.channels.letterbox import Letterbox
from thingdesk.channels.mqtt import Entrance
from thingdesk.intake import Intake
from thingdesk.operations import Operations
from thingdesk.platform import present, private
from thingdesk.platform.loops import each, repeat
from thingdesk.platform.migrate import Phase
from thingdesk.platform.mqtt import BrokerAddress
from thingdesk.platform.serve import listen
from thingdesk.platform.settings import Settings
from thingdesk.web import Issuer

DESK_BROKER = "desk_broker"
"""Where the desk itself connects to its embedded broker, with its password."""
# a supervisor gives ten seconds; what is not finished by then is taken up again later
_FINISH_WITHIN = 6.0
# sooner than a new one signs
_LOOK_FOR_KEYS = 20.0
_OF_ROLE = {"web": "thingdesk.app.surfaces", "work": "thingdesk.app.work"}


@asynccontextmanager
async def running(settings: Settings, fixtures: str | None = None) -> AsyncIterator[Desk]:
    """A desk that does what its roles say, until the block ends. What is needed and not given as
    a URL is started: PostgreSQL and the broker. `fixtures` is a module with what a conformance
    suite expects of a server beside the desk's own; no desk that anybody uses has such.
    """
    async with AsyncExitStack() as late, AsyncExitStack() as stack:
        desk = await _open(settings, stack)
        desk.fixtures = fixtures
        # the doors are shut first: what still comes would hold up the end
        async with asyncio.TaskGroup() as group, AsyncExitStack() as doors:
            await _start(desk, stack, doors, group)
            _tell_commands(desk, stack)
            try:
                yield desk
            finally:
                desk.stop.set()
                late.callback(desk.database.abandon_in(_FINISH_WITHIN).cancel)
        if "work" in settings.roles:
            await upkeep.seal(desk.database)


def _load(settings: Settings) -> None:
    """What takes seconds to load, in which nothing else goes on: what was at work before would
    lose its transactions to the lease.
    """
    for role, module in _OF_ROLE.items():
        if role in settings.roles:
            import_module(module)


async def _open(settings: Settings, stack: AsyncExitStack) -> Desk:
    _load(settings)
    # a mistake in a pack or the map is said before anything is started
    flow = make_flow(settings)
    words = make_map(settings, flow.catalog)
    issuer = Issuer.of(settings)  # and so is one in the settings of another log-in
    found = await stack.enter_async_context(own_database(settings))
    await migrate_all(found, Phase.PRE if settings.database_url else None)
    stop = asyncio.Event()
    watched = Operations(settings, found, PACKAGES, stop)
    if settings.database_url is None or settings.broker_url is None:
        watched.stores_in(settings.data_dir)
    door = None
    if "web" in settings.roles:
        # before anything is at work: what fails then does not fail alone
        door = listen(settings.http_host, settings.http_port, "THINGDESK_HTTP_PORT")
        stack.callback(door.socket.close)
    base = settings.public_url or (door.url if door else public_url(settings))
    callers = await stack.enter_async_context(Callers(found, base))
    desk = Desk(settings, found, settings.broker_url or "", flow, watched, callers, stop, door)
    desk.map = words
    desk.issuer = issuer
    served = await stack.enter_async_context(watched.serving())
    desk.operations_url = served.url if served else None
    if settings.broker_url is None:
        entrance = Entrance(desk.callers)
        desk.broker = await stack.enter_async_context(entrance.broker(settings))
        desk.on_flood = partial(entrance.send_away, desk.broker)
        desk.broker_url = desk.broker.url
    return desk


async def _start(
    desk: Desk, stack: AsyncExitStack, doors: AsyncExitStack, group: asyncio.TaskGroup
) -> None:
    settings = desk.settings
    group.create_task(desk.operations.run())
    refresh = partial(each, desk.database, [parties.refresh_desk_key], settings.lease)
    group.create_task(
        repeat(desk.database, parties.DESK_KEY, refresh, desk.stop, every=_LOOK_FOR_KEYS)
    )
    address = BrokerAddress.read(desk.broker_url, shared=settings.broker_url is not None)
    async with desk.database.transaction() as tx:
        await parties.desk_key(tx)  # made on first need
    async with desk.database.transaction() as tx:
        key = await parties.desk_key(tx)
    intake = await stack.enter_async_context(Intake(desk.database, desk.flow, key, desk.on_flood))
    taking = await platform_words(desk, stack, group, key)
    if desk.door is not None:
        from thingdesk.app.surfaces import serving  # noqa: PLC0415 - loaded for this role alone

        served = await doors.enter_async_context(
            serving(desk, desk.door, intake, key, group, taking)
        )
        desk.http_url = settings.public_url or served.url
        if settings.letterbox_port is not None:
            box = Letterbox(desk.database)
            place = settings.letterbox_host, settings.letterbox_port
            await doors.enter_async_context(box.serving(*place))
    if "ingest" in settings.roles:
        await ingest(desk, doors, group, intake, address)
        if taking is not None:
            hear_platform(desk, group, taking)
    if "work" in settings.roles:
        from thingdesk.app.work import work  # noqa: PLC0415 - the same

        await work(desk, stack, group, intake, address)
    desk.operations.readiness.started()


def _tell_commands(desk: Desk, stack: AsyncExitStack) -> None:
    folder = desk.settings.data_dir
    private.make_folder(folder)
    stack.callback(present.forget, folder)
    facts = {
        "broker": desk.broker_address,
        "services": " ".join(desk.flow.catalog.versions),
        "contact": desk.settings.contact,
        "webhook_networks": " ".join(map(str, desk.settings.webhook_networks)),
    }
    if desk.http_url:
        facts["http"] = desk.http_url
    if desk.broker is not None:
        facts[DESK_BROKER] = desk.broker.url
    present.add(folder, facts)
