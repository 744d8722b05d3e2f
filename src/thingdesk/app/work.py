"""What goes on beside the door: what comes from the broker, and what the desk does by itself."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from thingdesk import journeys, parties, signals, upkeep
from thingdesk.app.desk import Desk, public_url
from thingdesk.channels import brokers, mail, mqtt, platforms, tmf621, webhook
from thingdesk.dialogue import Dialogue
from thingdesk.intake import Intake
from thingdesk.parties import DeskKey
from thingdesk.platform import clock, durable, ids
from thingdesk.platform.loops import each, repeat
from thingdesk.platform.mqtt import BrokerAddress


async def ingest(
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
    ends: mqtt.EndsSessions | None = desk.broker
    since = clock.now()
    if ends is None and desk.settings.emqx_api_url is not None:
        ends = await doors.enter_async_context(brokers.EmqxSessions(desk.settings.emqx_api_url))
        since -= brokers.SESSION  # nobody looked while no desk ran
    if ends is not None:
        end = mqtt.ending_sessions(desk.database, ends, since)
        group.create_task(repeat(desk.database, parties.CHANNEL, end, desk.stop, every=5.0))


async def platform_words(
    desk: Desk, stack: AsyncExitStack, group: asyncio.TaskGroup, key: DeskKey
) -> platforms.Taking | None:
    """What takes the words of IoT platforms, where there is a map of them."""
    if desk.map is None:
        return None
    taking = platforms.Taking(desk.database, desk.flow, key, desk.map)
    await stack.enter_async_context(taking.intake)
    group.create_task(taking.run(desk.stop))
    return taking


def hear_platform(desk: Desk, group: asyncio.TaskGroup, taking: platforms.Taking) -> None:
    """Read the broker of a platform, where there is one."""
    url = desk.settings.platform_broker_url
    if url is not None:
        bridge = platforms.Bridge(BrokerAddress.read(url, shared=True), taking, str(ids.new()))
        group.create_task(bridge.run(desk.stop))


async def work(
    desk: Desk,
    stack: AsyncExitStack,
    group: asyncio.TaskGroup,
    intake: Intake,
    address: BrokerAddress,
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

    async def diagnose() -> int:
        async with database.transaction(idle_limit=desk.settings.lease) as tx:
            return await desk.flow.diagnose(tx)

    async def keep_time() -> int:
        acts = (*desk.flow.watches, upkeep.make_checkpoint)
        return await each(database, acts, desk.settings.lease)

    group.create_task(engine.work(stop))
    group.create_task(sender.run(stop))
    group.create_task(post.work(stop))
    _tell_others(desk, group, intake, pages)
    group.create_task(repeat(database, signals.CHANNEL, diagnose, stop, every=0.2))
    group.create_task(repeat(database, "clock", keep_time, stop, every=1.0))
    kept = upkeep.Upkeep(database, desk.settings.signals_kept, desk.settings.lease)
    group.create_task(repeat(database, "keep", kept.once, stop, every=600.0))


def _tell_others(desk: Desk, group: asyncio.TaskGroup, intake: Intake, pages: str) -> None:
    """Systems of providers, and addresses that machines registered."""
    database, stop, allowed = desk.database, desk.stop, desk.settings.webhook_networks
    dialogue = Dialogue(database, desk.flow, intake, desk.callers.base, stop)
    tickets = partial(tmf621.event, desk.callers.base + tmf621.BASE)
    forms = {
        webhook.OWN: webhook.OWN_FORM,
        tmf621.FORM: webhook.Form(tmf621.kind, tickets),
    }
    hooked = webhook.Hooked(database, dialogue, forms)
    for outbox in (webhook.Jobs(database, pages), hooked):
        group.create_task(webhook.Webhooks(database, outbox, allowed=allowed).work(stop))
    group.create_task(repeat(database, "hook", hooked.catch_up, stop, every=0.3))
