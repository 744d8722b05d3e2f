"""Sends the events of one topic, in order, again and again until each has its end."""

import asyncio
import logging
import random
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from thingdesk_machine import envelope, outbox
from thingdesk_machine.backoff import Backoff
from thingdesk_machine.disk import Disk
from thingdesk_machine.envelope import Topic
from thingdesk_machine.errors import Offline, Refusal, Rejected
from thingdesk_machine.outbox import Queued
from thingdesk_machine.transport import Transport

logger = logging.getLogger(__name__)


class Endings(Protocol):
    """Who ends events for a lane, and tells those who wait for it."""

    async def refuse(self, event: str, refusal: Refusal) -> None:
        """The event was rejected alone."""

    async def delivered(self, events: list[Queued]) -> None:
        """The other side took the events."""


class Lane:
    """One message is under way at a time, so that order is kept and a slow desk is not flooded.

    While it is, new events gather, and leave together in the next message: the busier the
    machine, the fuller its messages. Without an answer in time the same events go again, half
    as many, so that one that the desk cannot take does not hold up the others for ever.
    """

    def __init__(
        self,
        topic: Topic,
        disk: Disk,
        transport: Transport,
        clock: Callable[[], datetime],
        patience: Backoff,
        batch: int,
    ) -> None:
        self.topic: Topic = topic
        self._disk = disk
        self._transport = transport
        self._clock = clock
        self._patience = patience
        self._batch = batch
        self._size = batch
        self._failures = 0
        self._work = asyncio.Event()
        self._under_way: set[str] = set()
        self._settled = asyncio.Event()
        self._postponed: dict[str, tuple[int, float]] = {}

    def wake(self) -> None:
        """There may be something to send."""
        self._work.set()

    def settle(self, events: Iterable[str]) -> None:
        """These events have their end."""
        ended = self._under_way.intersection(events)
        for event in ended:
            self._postponed.pop(event, None)
        self._answered(ended)

    def postpone(self, event: str) -> None:
        """The desk asked for this event later: it waits alone, the ones behind it go on."""
        if event not in self._under_way:
            return
        count = self._postponed.get(event, (0, 0.0))[0]
        self._postponed[event] = (count + 1, _now() + self._delay(count))
        self._answered({event})

    def _answered(self, events: set[str]) -> None:
        if events:
            self._failures = 0
            self._under_way -= events
        if not self._under_way:
            self._settled.set()

    async def run(self, endings: Endings) -> None:
        """Sends until it is cancelled."""
        while True:
            self._work.clear()
            try:
                await self._transport.ready()
                # asked for only now: a receipt that came with the connection ended its events
                events = await self._due()
                if events:
                    await self._send(events, endings)
                    continue
            except Offline as error:
                logger.info("%s: not sent: %s", self.topic, error)
                await asyncio.sleep(max(error.after, self._failed()))
            except sqlite3.Error:
                logger.exception("%s: the queue cannot be used", self.topic)
                await asyncio.sleep(self._failed())
            else:
                await self._wait_for_work()

    async def _due(self) -> list[Queued]:
        count = self._size + len(self._postponed)
        now = _now()
        rows = await self._disk.run(lambda db: outbox.waiting(db, self.topic, count))
        due = [row for row in rows if self._postponed.get(row.id, (0, now))[1] <= now]
        due = due[: self._size]
        return due[: envelope.fitting([event.body for event in due])]

    async def _wait_for_work(self) -> None:
        soonest = min((due for _, due in self._postponed.values()), default=None)
        try:
            async with asyncio.timeout_at(soonest):
                await self._work.wait()
        except TimeoutError:
            pass  # a postponed event is due

    async def _send(self, events: list[Queued], endings: Endings) -> None:
        self._under_way = {event.id for event in events}
        self._settled.clear()
        await self._disk.run(lambda db: outbox.sent(db, events, self._clock()))
        try:
            await self._transport.send(
                self.topic, envelope.message([event.body for event in events])
            )
        except Rejected as error:
            await self._rejected(events, error.refusal, endings)
            return
        if self.topic == "acks":  # a notice that was not acknowledged is repeated, and so is this
            await endings.delivered(events)
        await self._wait_for_answer()

    async def _rejected(self, events: list[Queued], refusal: Refusal, endings: Endings) -> None:
        logger.warning("%s: %d events rejected: %s", self.topic, len(events), refusal)
        if len(events) > 1:
            self._size = len(events) // 2
        else:
            await endings.refuse(events[0].id, refusal)

    async def _wait_for_answer(self) -> None:
        if not self._settled.is_set():
            await self._settled_or_late()
        if self._settled.is_set():
            self._size = min(self._batch, self._size * 2)

    async def _settled_or_late(self) -> None:
        settled = asyncio.ensure_future(self._settled.wait())
        lost = asyncio.ensure_future(self._transport.lost())
        try:
            await asyncio.wait(
                {settled, lost},
                timeout=self._delay(self._failures),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not settled.done() and not lost.done():
                logger.info("%s: no answer to %d events", self.topic, len(self._under_way))
                self._failures += 1
                self._size = max(1, self._size // 2)
        finally:
            settled.cancel()
            lost.cancel()

    def _failed(self) -> float:
        self._failures += 1
        return self._delay(self._failures - 1)

    def _delay(self, attempt: int) -> float:
        return self._patience.delay(attempt, random.random())  # noqa: S311 - a spread, no secret


def _now() -> float:
    return asyncio.get_running_loop().time()
