"""Down: notices until they are acknowledged, commands and their recalls until there is a result."""

import asyncio
from typing import Any, Self

import orjson

from thingdesk import fulfilment, messages, notices
from thingdesk.notices import Channel
from thingdesk.platform.database import Database
from thingdesk.platform.loops import repeat
from thingdesk.platform.mqtt import BrokerAddress, Connection
from thingdesk.topics import Down, topic

_MOST = 200
_EVERY = 1.0


class Sender:
    """Drains the outboxes of machines: an attempt is planned and committed before it is made.

    While the broker is away no attempt is made: what is handed over then would pile up in memory.
    """

    def __init__(self, address: BrokerAddress, database: Database, name: str) -> None:
        self._database = database
        self._connection = Connection(address, f"sender-{name}")

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._connection.__aexit__(*details)

    @property
    def is_connected(self) -> bool:
        """Whether machines can be reached through the broker at this moment."""
        return self._connection.is_connected

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            for channel, send in (
                (notices.CHANNEL, self.send_notices),
                ("command", self.send_commands),
            ):
                group.create_task(repeat(self._database, channel, send, stop, every=_EVERY))

    async def send_notices(self) -> int:
        if not self._connection.is_connected:
            return 0
        async with self._database.transaction() as tx:
            due = await notices.claim_due(tx, Channel.MACHINE, _MOST)
            events = await messages.notices(tx, due)
        for one, event in zip(due, events, strict=True):
            self._publish(one.notice.to.id, Down.NOTICES, event)
        return len(due)

    async def send_commands(self) -> int:
        if not self._connection.is_connected:
            return 0
        async with self._database.transaction() as tx:
            due = await fulfilment.claim_due_commands(tx, _MOST)
            events = await messages.commands(tx, due)
        for one, event in zip(due, events, strict=True):
            self._publish(one.command.machine, Down.COMMANDS, event)
        return len(due)

    def _publish(self, machine: str, kind: Down, event: dict[str, Any]) -> None:
        self._connection.publish(topic(machine, kind), orjson.dumps(event))
