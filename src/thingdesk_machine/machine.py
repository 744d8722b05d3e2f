import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from thingdesk_machine import envelope, incoming
from thingdesk_machine.commands import Commands, Handler, Registered
from thingdesk_machine.desk_clock import DeskClock
from thingdesk_machine.disk import Disk
from thingdesk_machine.errors import Closed, Refused
from thingdesk_machine.http import HttpTransport
from thingdesk_machine.identity import Identity
from thingdesk_machine.mqtt import MqttTransport
from thingdesk_machine.notices import Notice, Notices
from thingdesk_machine.options import Options
from thingdesk_machine.post import Post
from thingdesk_machine.receipts import DeskKeys, Receipt
from thingdesk_machine.tokens import Tokens
from thingdesk_machine.transport import Transport

logger = logging.getLogger(__name__)


class Machine:
    """A machine and its desk.

    Everything that `report` and `signal` take is on disk before they go on, is sent until the
    desk's signed receipt is here, and is there once at the desk, whatever dies in between.
    """

    def __init__(
        self,
        *,
        identity: Identity,
        desk: str,
        queue: str | Path,
        desk_keys: Iterable[Mapping[str, Any]],
        options: Options | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.identity = identity
        self.options = options or Options()
        self.state: dict[str, Any] = {}
        """What preconditions of commands are checked against; `signal` puts its values in."""
        self._state_at: datetime | None = None
        self._desk = desk
        self._queue = queue
        self._keys = DeskKeys(desk_keys)
        self._clock = clock or _utc_now
        self._desk_clock = DeskClock(self._clock)
        self._handlers: dict[str, Registered] = {}
        self._open: _Open | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Opens the queue and starts sending; being offline is no error."""
        disk = await Disk.open(self._queue, self.identity.machine)
        self._stack.push_async_callback(disk.close)
        try:
            self._open = _Open(self, disk, self._transport())
        except BaseException:
            await self._stack.aclose()
            raise
        self._stack.push_async_callback(self._open.stop)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops sending and closes the queue; what waits there is sent the next time."""
        await self._stack.aclose()
        self._open = None

    async def report(
        self,
        service: str,
        input: Mapping[str, Any],  # noqa: A002 - the word of the wire
        *,
        subject: str | None = None,
        event_id: str | None = None,
        at: datetime | None = None,
        hops: int = 0,
    ) -> Receipt:
        """Asks for a service and returns the verified receipt, however long that takes. What comes
        of a notice, a command or another receipt is asked for with the `hops` of that one.

        A caller that gives up waiting, for example by `asyncio.timeout`, takes nothing back:
        the report is on disk and goes on. With the same `event_id` it can be waited for again,
        also after a restart. Raises Refused, NotSendable, QueueFull and
        DifferentContent.
        """
        data: dict[str, Any] = {"service": service, "input": dict(input)}
        if subject is not None:
            data["subject"] = subject
        taken = at or self._desk_clock.of_signal()
        draft = envelope.draft(self.identity.machine, "reports", data, taken, event_id, hops)
        return await self._running.post.queue_and_wait(draft)

    async def signal(
        self,
        values: Mapping[str, Any] | None = None,
        *,
        codes: Sequence[str] | None = None,
        position: tuple[float, float] | None = None,
        at: datetime | None = None,
        event_id: str | None = None,
        wait: bool = False,
    ) -> Receipt | None:
        """Queues an observation; returns when it is on disk or, with `wait`, at the desk.

        `codes` are the trouble codes that were read just now: an empty list says that none is
        set, None that none were read, and only the former is proof of a repair.
        Raises NotSendable, QueueFull and DifferentContent; with `wait` also
        Refused and Dropped.
        """
        data = envelope.signal_data(values or {}, codes, position)
        taken = at or self._desk_clock.of_signal()
        draft = envelope.draft(self.identity.machine, "signals", data, taken, event_id)
        self._remember(values or {}, at or self._clock())
        if wait:
            return await self._running.post.queue_and_wait(draft)
        await self._running.post.queue(draft)
        return None

    async def notices(self) -> AsyncIterator[Notice]:
        """What the desk tells this machine, each notice once.

        A notice is acknowledged when its turn of the loop is over. Leaving the loop by `break`
        or an error does not acknowledge the last one: it comes again, unless
        `notice.acknowledge()` was called. One loop at a time.
        """
        async for notice in self._running.notices.each():
            yield notice

    def on_command(self, name: str, *, repeatable: bool = False) -> Callable[[Handler], Handler]:
        """Registers who carries out a command; do it before the Machine is entered.

        What the handler returns is the detail of the result; CommandRefused refuses. A command
        whose handler was cut off by the end of the process is answered with `failed`, unless
        it is `repeatable`: then it is carried out again.
        """

        def register(handler: Handler) -> Handler:
            self._handlers[name] = Registered(handler, repeatable)
            return handler

        return register

    async def refusals(self) -> list[Refused]:
        """What the desk refused and nobody was told yet; each is given out once."""
        post = self._running.post
        refusals = await post.unread_refusals()
        await post.mark_read([refusal.event for refusal in refusals])
        return refusals

    async def connected(self) -> None:
        """Returns when there is a connection; nothing else has to wait for that."""
        await self._running.transport.ready()

    async def drained(self) -> None:
        """Returns when the queue is empty: every event is receipted, refused or dropped."""
        await self._running.post.empty()

    @property
    def desk_time(self) -> datetime | None:
        """What time it is at the desk, as far as its signed words tell; None before the first.

        For a machine that cannot keep the time: `signal(..., at=machine.desk_time)`.
        """
        return self._desk_clock.desk

    @property
    def forged_receipts(self) -> int:
        """How many receipts were ignored since the start because they prove nothing."""
        return self._running.post.forged

    @property
    def _running(self) -> "_Open":
        if self._open is None:
            raise Closed("use the machine inside `async with`")
        return self._open

    def _remember(self, values: Mapping[str, Any], taken: datetime) -> None:
        if self._state_at is None or taken >= self._state_at:
            self._state_at = taken
            self.state.update(values)

    def _transport(self) -> Transport:
        machine, options = self.identity.machine, self.options
        tokens = Tokens(self.identity, self._desk_clock, self._keys)
        scheme = urlsplit(self._desk).scheme
        if scheme in {"mqtt", "mqtts"}:
            return MqttTransport(self._desk, machine, tokens, options)
        if scheme in {"http", "https"}:
            return HttpTransport(self._desk, tokens, options)
        raise ValueError(f"{self._desk!r}: a desk is reached by mqtt(s):// or http(s)://")


class _Open:
    """What exists while the Machine is entered."""

    def __init__(self, machine: Machine, disk: Disk, transport: Transport) -> None:
        name, clock = machine.identity.machine, machine._clock  # noqa: SLF001 - two halves of one
        keys, handlers = machine._keys, machine._handlers  # noqa: SLF001 - two halves of one
        desk = machine._desk_clock  # noqa: SLF001 - two halves of one
        self.transport, self.disk = transport, disk
        self.post = Post(name, disk, transport, keys, machine.options, clock, desk)
        self.notices = Notices(name, disk, self.post, clock)
        self.commands = Commands(name, disk, self.post, clock, desk, handlers, machine.state)
        works = [*self.post.work(), transport.run(self.deliver), self.commands.run()]
        self._tasks = [asyncio.create_task(work) for work in works]
        for task in self._tasks:
            task.add_done_callback(self._broken)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.post.close("closed before the receipt came")

    def _broken(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("the machine stopped sending or receiving", exc_info=error)
            self.post.close(f"the machine stopped: {error!r}")

    async def deliver(self, payload: bytes) -> None:
        for down in incoming.read(payload):
            match down:
                case incoming.SignedReceipt(signed):
                    await self.post.receipt(signed)
                case incoming.EventRefusal(event, refusal):
                    await self.post.refuse(event, refusal)
                case incoming.NoticeBody():
                    await self.notices.take(down)
                case incoming.CommandBody():
                    await self.commands.take(down)
                case incoming.RecallBody(command):
                    await self.commands.recall(command)
                case incoming.Unreadable(reason):
                    logger.warning("a message of the desk was ignored: %s", reason)


def _utc_now() -> datetime:
    return datetime.now(UTC)
