import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from thingdesk_machine import envelope, inbox, outbox
from thingdesk_machine.disk import Disk
from thingdesk_machine.inbox import Stored
from thingdesk_machine.incoming import NoticeBody
from thingdesk_machine.post import Post


@dataclass(frozen=True)
class Notice:
    """Something the desk tells this machine; it comes once, however often it was sent. What is
    reported because of it has its `hops`.
    """

    id: str
    kind: str
    case: str | None
    words: str
    data: dict[str, Any]
    first_at: datetime
    hops: int
    _acknowledge: Callable[[str], Awaitable[None]] = field(repr=False, compare=False)

    async def acknowledge(self) -> None:
        """Says that the notice was handled, for a loop that is left before its next round."""
        await self._acknowledge(self.id)


class Notices:
    """Stores notices, hands them out once and acknowledges them when they were handled."""

    def __init__(self, machine: str, disk: Disk, post: Post, clock: Callable[[], datetime]) -> None:
        self._machine = machine
        self._disk = disk
        self._post = post
        self._clock = clock
        self._arrived = asyncio.Event()

    async def take(self, notice: NoticeBody) -> None:
        taken = await self._disk.run(
            lambda db: inbox.take_notice(db, notice.id, notice.body, self._clock())
        )
        if taken.new:
            self._arrived.set()
        elif taken.ended_at is not None:  # the desk has not heard our acknowledgement
            await self._queue_ack(notice.id, taken.ended_at)

    async def each(self) -> AsyncIterator[Notice]:
        """Every notice that was not handled, oldest first, and then those that come."""
        after = 0
        while True:
            self._arrived.clear()
            found = await self._disk.run(partial(inbox.next_notice, after=after))
            if found is None:
                await self._arrived.wait()
                continue
            after, stored = found
            yield self._notice(stored)
            await self.acknowledge(stored.id)

    async def acknowledge(self, notice: str) -> None:
        now = self._clock()
        if await self._disk.run(lambda db: inbox.handled(db, notice, now)):
            await self._queue_ack(notice, now)

    async def _queue_ack(self, notice: str, at: datetime) -> None:
        # the same id and time each time, so that the repeat is the same event
        draft = envelope.draft(self._machine, "acks", {"notice": notice}, at, f"ack-{notice}")
        await self._disk.run(lambda db: outbox.again(db, draft, self._clock()))
        self._post.wake("acks")

    def _notice(self, stored: Stored) -> Notice:
        body = stored.body
        data = body.get("data")
        return Notice(
            stored.id,
            str(body.get("kind", "")),
            body.get("case"),
            str(body.get("words", "")),
            data if isinstance(data, dict) else {},
            stored.first_at,
            body.get("hops", 0),
            self.acknowledge,
        )
