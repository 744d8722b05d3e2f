"""The desk's side of registered addresses, and what was heard at them."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import orjson
from tests.dialogue.talk import Talk
from tests.listener import Listener

from thingdesk.access import Caller
from thingdesk.calling import hook_of
from thingdesk.channels.webhook import OWN, OWN_FORM, Hooked, Registrar, Webhooks
from thingdesk.hooks import Hook
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.outward import verify

LOOPBACK = (ip_network("127.0.0.0/8"),)
DAY = timedelta(days=1)
BUSY = "the other side answered 503"
UNAVAILABLE = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"


class Side:
    """The desk's side of it: what registers, catches up and delivers."""

    def __init__(self, talk: Talk) -> None:
        database = talk.hand.database
        self.registrar = Registrar(database, talk.dialogue, allowed=LOOPBACK)
        self.hooked = Hooked(database, talk.dialogue, {OWN: OWN_FORM})
        self.webhooks = Webhooks(database, self.hooked, allowed=LOOPBACK)

    async def register(self, caller: Caller, url: str, **more: Any) -> Hook:
        return await self.registrar.register(caller, hook_of(caller, OWN, url, **more))

    async def tell(self) -> int:
        """One attempt for all that is due; how many there were."""
        while await self.hooked.catch_up():
            pass
        return await self.attempt()

    async def attempt(self) -> int:
        begun = 0
        while more := await self.webhooks.begin():
            begun += more
            await self.webhooks.finish()
        return begun


def heard(listener: Listener, secret: str) -> list[dict[str, Any]]:
    """What was told, once its signature is good."""
    found = []
    while not listener.requests.empty():
        one = listener.requests.get_nowait()
        told = orjson.loads(one.body)
        told["id"] = verify(secret, one.headers, one.body, clock.now())
        found.append(told)
    return found


def kinds(told: list[dict[str, Any]]) -> list[str]:
    return [one["type"] for one in sorted(told, key=lambda one: one["data"].get("number", 0))]


async def states(database: Database) -> list[tuple[str, str | None]]:
    async with database.transaction() as tx:
        rows = await tx.fetch("select state, problem from hook_delivery order by id")
    return [(row["state"], row["problem"]) for row in rows]
