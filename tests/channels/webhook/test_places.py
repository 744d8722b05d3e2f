"""Whose slow address holds up whom."""

import asyncio

from tests.channels.webhook.hooking import Side, heard
from tests.dialogue.talk import Talk
from tests.listener import Listener, listening

from thingdesk import hooks
from thingdesk.access import Caller
from thingdesk.hooks import Hook


class Hanging:
    """An address that takes every request and answers none until it is let go."""

    def __init__(self) -> None:
        self.leave = asyncio.Event()

    async def __call__(self, _: asyncio.StreamWriter) -> None:
        await self.leave.wait()


async def due_at(talk: Talk, side: Side, caller: Caller, url: str, number: int) -> Hook:
    """So many addresses of a machine, at each of which something is due; the last of them."""
    for n in range(number):
        hook = await side.register(caller, f"{url}/{n}")
    await talk.asked(caller)
    return hook


async def test_one_machine_takes_few_places_however_many_addresses_it_has(
    talk: Talk, side: Side, listener: Listener
) -> None:
    async with listening() as slow:
        await due_at(talk, side, await talk.car(), slow.url, 6)
        slow.answer = hanging = Hanging()
        other = await talk.car()
        hook = await side.register(other, listener.url)
        await talk.asked(other)
        heard(listener, hook.secret)
        while await side.hooked.catch_up():
            pass
        assert 4 < await side.webhooks.begin() <= 8, "four of each of the two"
        async with asyncio.timeout(60):
            told = await listener.requests.get()
        hanging.leave.set()
        await side.webhooks.finish()
    listener.requests.put_nowait(told)
    assert heard(listener, hook.secret), "which four of its own is chance"


async def test_one_host_takes_few_places_however_many_machines_are_told_there(
    talk: Talk, side: Side
) -> None:
    async with listening() as slow:
        for _ in range(6):
            hook = await due_at(talk, side, await talk.car(), slow.url, 2)
        slow.answer = hanging = Hanging()
        while await side.hooked.catch_up():
            pass
        async with talk.hand.database.transaction() as tx:
            assert await hooks.claim_due(tx, 60, [hook] * 20) == [], "its host has enough"
        assert await side.webhooks.begin() == 20
        hanging.leave.set()
        await side.webhooks.finish()
        assert await side.webhooks.begin()
        await side.webhooks.finish()
