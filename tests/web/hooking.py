"""Addresses of machines that take what they are told, or do not."""

from tests.web.site import Site

from thingdesk import hooks
from thingdesk.hooks import Delivery, Entry, Hook, NewHook
from thingdesk.platform import ids

URL = "https://told.example/secret-path"
WHY = "the other side answered <b>503</b>"


async def a_hook(site: Site, machine: str, url: str = URL) -> Hook:
    async with site.hand.database.transaction() as tx:
        hook = await hooks.make(tx, NewHook(machine, None, "thingdesk", url))
        await hooks.register(tx, hook)
    return hook


async def due(site: Site, hook: Hook, number: int = 1) -> None:
    """That a case has ended is to be told there."""
    async with site.hand.database.transaction() as tx:
        await hooks.follow_from_now(tx, hook, [ids.new()])
        (behind,) = await hooks.catch_up(tx, 1)
        entry = Entry(number, "case.ended")
        await hooks.come_to(tx, behind, number, [entry], more=False, newest=False)


async def tried(site: Site, problem: str | None = WHY) -> Delivery:
    """One attempt at what is due."""
    async with site.hand.database.transaction() as tx:
        (one,) = await hooks.claim_due(tx, 1)
        if problem is None:
            await hooks.delivered(tx, one.id)
        else:
            await hooks.not_delivered(tx, one.id, problem)
    return one
