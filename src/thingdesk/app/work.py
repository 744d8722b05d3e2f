"""What the desk does by itself, and whom it tells."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from thingdesk import journeys, parties, signals, upkeep
from thingdesk.app.desk import Desk, public_url
from thingdesk.channels import a2a, mail, mqtt, tmf621, webhook
from thingdesk.dialogue import Dialogue
from thingdesk.intake import Intake
from thingdesk.platform import durable, ids
from thingdesk.platform.loops import each, repeat
from thingdesk.platform.mqtt import BrokerAddress


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
    mandated = partial(each, database, [desk.flow.look_after_mandated], desk.settings.lease)
    group.create_task(repeat(database, parties.CALLERS, mandated, stop, every=1.0))
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
        a2a.FORM: webhook.Form(a2a.kind, a2a.payload, a2a.MEDIA, all_of_it=True),
    }
    hooked = webhook.Hooked(database, dialogue, forms)
    for outbox in (webhook.Jobs(database, pages), hooked):
        group.create_task(webhook.Webhooks(database, outbox, allowed=allowed).work(stop))
    group.create_task(repeat(database, "hook", hooked.catch_up, stop, every=0.3))
