"""Between the caller and the lanes: queues events, and tells who waits how they ended."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from thingdesk_machine import inbox, outbox
from thingdesk_machine.desk_clock import DeskClock
from thingdesk_machine.disk import Disk
from thingdesk_machine.envelope import Draft, Topic
from thingdesk_machine.errors import Closed, Refusal, Refused
from thingdesk_machine.lane import Lane
from thingdesk_machine.options import Options
from thingdesk_machine.outbox import Ended, Queued
from thingdesk_machine.receipts import DeskKeys, Forged, Receipt
from thingdesk_machine.transport import Transport

logger = logging.getLogger(__name__)

TOPICS: tuple[Topic, ...] = ("reports", "results", "acks", "signals")
TRIM_EVERY = 1000


class Post:
    """Everything that goes up leaves through here, and its receipts come back to here."""

    def __init__(
        self,
        machine: str,
        disk: Disk,
        transport: Transport,
        keys: DeskKeys,
        options: Options,
        clock: Callable[[], datetime],
        desk_clock: DeskClock,
    ) -> None:
        self._machine = machine
        self._desk_clock = desk_clock
        self._disk = disk
        self._keys = keys
        self._options = options
        self._clock = clock
        self._lanes = {
            topic: Lane(topic, disk, transport, clock, options.patience, options.batch)
            for topic in TOPICS
        }
        self._waiting: dict[str, set[asyncio.Future[Ended]]] = {}
        self._progress = asyncio.Event()
        self._ended = 0
        self._closed: str | None = None
        self.forged = 0

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """What has to run for events to be sent."""
        return [lane.run(self) for lane in self._lanes.values()]

    async def queue(self, draft: Draft) -> Ended | None:
        """Puts the event on disk; how it ended, where it was queued and ended before."""
        put = await self._disk.run(
            lambda db: outbox.put(
                db, draft, self._clock(), limit=self._options.limit, drop=self._options.drop
            )
        )
        if put.dropped is not None:
            self._tell([put.dropped])
        self.wake(draft.topic)
        return put.before

    async def queue_and_wait(self, draft: Draft) -> Receipt:
        """The event's receipt. Raises Refused and Dropped, and what `queue` raises."""
        with self._watch(draft.id) as future:
            before = await self.queue(draft)
            ended = before if before is not None else await future
        if isinstance(ended.result, Receipt):
            return ended.result
        if isinstance(ended.result, Refused):
            await self.mark_read([draft.id])
        raise ended.result or Closed(f"{draft.id!r} gets no receipt")

    def wake(self, topic: Topic) -> None:
        self._lanes[topic].wake()

    async def receipt(self, signed: str) -> None:
        """Ends the events that a receipt of the desk names; any other receipt changes nothing."""
        try:
            receipts = self._keys.check(signed, self._machine)
        except Forged as error:
            self.forged += 1
            logger.warning("a receipt was ignored: %s", error)
            return
        for receipt in receipts[:1]:  # all were signed in the same moment
            self._desk_clock.hear(receipt.at)
        ended = await self._disk.run(lambda db: outbox.receipted(db, receipts, self._clock()))
        self._tell(ended)
        await self._trim(len(ended))

    async def refuse(self, event: str | None, refusal: Refusal) -> None:
        """The desk's no to one event: later, or never."""
        if event is None:
            logger.warning("the desk refused a message: %s", refusal)
        elif refusal.recovery == "retry":
            for lane in self._lanes.values():
                lane.postpone(event)
        else:
            ended = await self._disk.run(
                lambda db: outbox.refused(db, event, refusal, self._clock())
            )
            self._tell([ended] if ended else [])

    async def delivered(self, events: list[Queued]) -> None:
        """Ends events that need no receipt."""
        await self._disk.run(lambda db: outbox.delivered(db, events, self._clock()))
        self._tell([Ended(event.id, None) for event in events])

    async def unread_refusals(self) -> list[Refused]:
        return await self._disk.run(outbox.unread_refusals)

    async def mark_read(self, events: Iterable[str]) -> None:
        await self._disk.run(lambda db: outbox.mark_read(db, events, self._clock()))

    async def empty(self) -> None:
        """Returns when every event has its end."""
        while True:
            self._progress.clear()
            if await self._disk.run(outbox.open_count) == 0:
                return
            await self._progress.wait()

    def close(self, reason: str) -> None:
        """Whoever waits for a receipt is told that it will not be heard of."""
        self._closed = reason
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_exception(Closed(reason))

    def _tell(self, ended: Iterable[Ended]) -> None:
        ended = list(ended)
        for end in ended:
            for future in self._waiting.get(end.id, ()):
                if not future.done():
                    future.set_result(end)
        for lane in self._lanes.values():
            lane.settle([end.id for end in ended])
        self._progress.set()

    async def _trim(self, ended: int) -> None:
        self._ended += ended
        if self._ended >= TRIM_EVERY:
            self._ended = 0
            await self._disk.run(lambda db: outbox.trim(db, self._options.ledger))
            await self._disk.run(lambda db: inbox.trim(db, self._options.ledger))

    @contextmanager
    def _watch(self, event: str) -> Iterator["asyncio.Future[Ended]"]:
        if self._closed is not None:
            raise Closed(self._closed)
        future: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(event, set()).add(future)
        try:
            yield future
        finally:
            watching = self._waiting[event]
            watching.discard(future)
            if not watching:
                del self._waiting[event]
