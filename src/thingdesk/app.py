"""The composition root: the only file that knows everything. It registers explicitly."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from starlette.routing import Router

from thingdesk import diagnosis, journeys, parties, signals, upkeep, web
from thingdesk.access import Callers
from thingdesk.catalog import Catalog
from thingdesk.channels import http, mail, mqtt, operations, webhook
from thingdesk.channels.mqtt import BrokerAddress, Entrance
from thingdesk.flow import Flow
from thingdesk.intake import Intake
from thingdesk.loading import load
from thingdesk.operations import Operations
from thingdesk.platform import durable, ids, migrate, present, private
from thingdesk.platform.database import Database
from thingdesk.platform.embedded import EmbeddedBroker, EmbeddedPostgres
from thingdesk.platform.loops import each, repeat
from thingdesk.platform.migrate import Migration, Phase
from thingdesk.platform.serve import Door, listen, serve
from thingdesk.platform.settings import Settings

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
    "thingdesk.decisions",
    "thingdesk.fulfilment",
    "thingdesk.journeys",
)
"""The packages that have tables, in the order of their layers."""

# a supervisor gives ten seconds; what is not finished by then is taken up again later
_FINISH_WITHIN = 6.0
_log = logging.getLogger(__name__)


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
    return Flow(Catalog(packs.services), packs.rules, settings.zone, meanings, settings.open_cases)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Desk]:
    """A desk that does what its roles say, until the block ends. What is needed and not given as
    a URL is started: PostgreSQL and the broker.
    """
    async with AsyncExitStack() as late, AsyncExitStack() as stack:
        desk = await _open(settings, stack)
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


def _tell_commands(desk: Desk, stack: AsyncExitStack) -> None:
    folder = desk.settings.data_dir
    private.make_folder(folder)
    stack.callback(present.forget, folder)
    facts = {
        "broker": desk.broker_address,
        "services": " ".join(desk.flow.catalog.versions),
        "webhook_networks": " ".join(map(str, desk.settings.webhook_networks)),
    }
    if desk.http_url:
        facts["http"] = desk.http_url
    if desk.broker is not None:
        facts[DESK_BROKER] = desk.broker.url
    present.add(folder, facts)


DESK_BROKER = "desk_broker"
"""Where the desk itself connects to its embedded broker, with its password."""
NO_DESK = "There is no desk in {}."
SEEK = "Run this in the folder of your desk, or set THINGDESK_DATA_DIR; `thingdesk up` makes one."


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Database]:
    """For a command: the database that is set, or that of the desk which runs in this data folder,
    or the embedded one, started for as long as the block lasts.
    """
    url = settings.database_url or present.read(settings.data_dir).get("database")
    if url is not None:
        try:
            found = await Database.connect(url)
        except OSError:
            if settings.database_url:
                raise
            # left behind by a desk that was killed
        else:
            try:
                yield found
            finally:
                await found.close()
            return
    async with _own_database(settings) as own:
        yield own


@asynccontextmanager
async def _own_database(settings: Settings) -> AsyncIterator[Database]:
    """The desk's own: what is embedded is started, and a second desk is told that one runs."""
    async with AsyncExitStack() as stack:
        url = settings.database_url
        if url is None:
            url = (await stack.enter_async_context(EmbeddedPostgres(settings.data_dir))).url
            present.write(settings.data_dir, {"database": url})
            stack.callback(present.forget, settings.data_dir)
        found = await Database.connect(url, most=20)
        stack.push_async_callback(found.close)
        yield found


def public_url(settings: Settings) -> str:
    """How people reach the pages."""
    return settings.public_url or f"http://{settings.http_host}:{settings.http_port}"


async def migrate_all(found: Database, phase: Phase | None = Phase.PRE) -> list[Migration]:
    """Bring the schema to this release, and what was restored in order; what was applied."""
    applied = await migrate.apply(found, PACKAGES, phase)
    async with found.transaction() as tx:
        await signals.make_room(tx)
        if await diagnosis.settle_in(tx):
            _log.warning("this database comes from another server: signals are put in order again")
    return applied


async def _open(settings: Settings, stack: AsyncExitStack) -> Desk:
    flow = make_flow(settings)  # a mistake in a pack is said before anything is started
    found = await stack.enter_async_context(_own_database(settings))
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
    address = BrokerAddress.read(desk.broker_url, shared=settings.broker_url is not None)
    async with desk.database.transaction() as tx:
        key = await parties.desk_key(tx)
    intake = await stack.enter_async_context(Intake(desk.database, desk.flow, key, desk.on_flood))
    if desk.door is not None:
        machines = http.Doors(desk.database, intake, desk.callers, desk.flow.catalog, key)
        served = await doors.enter_async_context(_web(desk, desk.door, machines, group))
        desk.http_url = settings.public_url or served.url
    if "ingest" in settings.roles:
        await _ingest(desk, doors, group, intake, address)
    if "work" in settings.roles:
        await _work(desk, stack, group, address)
    desk.operations.readiness.started()


def _web(
    desk: Desk, door: Door, doors: http.Doors, group: asyncio.TaskGroup
) -> AbstractAsyncContextManager[Door]:
    app = Router()
    operations.install(app, desk.operations.readiness)
    http.install(app, doors)
    settings = desk.settings
    about = (settings.public_url, desk.stop, settings.contact, settings.currency)
    pages = web.Pages(desk.database, desk.flow, doors.key, *about)
    group.create_task(web.install(app, pages).run())
    return serve(app, door, proxies=settings.proxies)


async def _ingest(
    desk: Desk,
    doors: AsyncExitStack,
    group: asyncio.TaskGroup,
    intake: Intake,
    address: BrokerAddress,
) -> None:
    worker = ids.new()
    name = str(worker) if address.shared else "1"
    receiver = await doors.enter_async_context(mqtt.Receiver(address, intake, name))
    desk.operations.connected("ingest", lambda: receiver.is_connected)

    async def beat() -> int:
        if receiver.is_connected:
            async with desk.database.transaction() as tx:
                await signals.beat(tx, worker)
        return 0

    group.create_task(repeat(desk.database, "intake", beat, desk.stop, every=2.0))
    group.create_task(repeat(desk.database, "time", receiver.tell_time, desk.stop, every=1.0))
    if desk.broker is not None:
        end = mqtt.ending_sessions(desk.database, desk.broker)
        group.create_task(repeat(desk.database, parties.CHANNEL, end, desk.stop, every=5.0))


async def _work(
    desk: Desk, stack: AsyncExitStack, group: asyncio.TaskGroup, address: BrokerAddress
) -> None:
    database, stop = desk.database, desk.stop
    functions = desk.flow.drivers
    engine = durable.Engine(
        database,
        functions,
        lease=desk.settings.lease,
        about=journeys.about,
        tell=journeys.note_trouble,
    )
    sender = await stack.enter_async_context(mqtt.Sender(address, database, str(ids.new())))
    desk.operations.connected("work", lambda: sender.is_connected)
    pages = desk.http_url or public_url(desk.settings)
    about = {"sender": desk.settings.mail_from, "contact": desk.settings.contact}
    post = mail.Mail(database, mail.carrier(desk.settings), pages=pages, **about)
    hooks = webhook.Webhooks(database, pages, allowed=desk.settings.webhook_networks)

    async def diagnose() -> int:
        async with database.transaction(idle_limit=desk.settings.lease) as tx:
            return await desk.flow.diagnose(tx)

    async def keep_time() -> int:
        acts = (*desk.flow.watches, upkeep.make_checkpoint)
        return await each(database, acts, desk.settings.lease)

    group.create_task(engine.work(stop))
    group.create_task(sender.run(stop))
    group.create_task(post.work(stop))
    group.create_task(hooks.work(stop))
    group.create_task(repeat(database, signals.CHANNEL, diagnose, stop, every=0.2))
    group.create_task(repeat(database, "clock", keep_time, stop, every=1.0))
    kept = upkeep.Upkeep(database, desk.settings.signals_kept, desk.settings.lease)
    group.create_task(repeat(database, "keep", kept.once, stop, every=600.0))
