"""Who may enter the embedded broker, and who is sent away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from thingdesk import access, mandates, parties
from thingdesk.access import Callers, Presented, Surface
from thingdesk.parties import Ended
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.embedded import EmbeddedBroker, EmbeddedError
from thingdesk.platform.errors import Refused
from thingdesk.platform.settings import Settings
from thingdesk.platform.sparing import SparingLog
from thingdesk.topics import ACCESS

_AWAY = timedelta(minutes=1)
_MOST = 1000
# what ended may be committed so much later than its time
_COMMITS_WITHIN = timedelta(seconds=10)
_log = logging.getLogger(__name__)


class Entrance:
    """A machine enters with a good token of its own, unless it was sent away within a minute."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._away: dict[str, datetime] = {}
        self._refusals = SparingLog(_log)
        self._tasks: set[asyncio.Task[None]] = set()

    def broker(self, settings: Settings) -> EmbeddedBroker:
        """The desk's own, not started yet, which asks here."""
        return EmbeddedBroker(
            settings.data_dir,
            access=ACCESS,
            verifier=self.verify,
            host=settings.mqtt_host,
            mqtt_port=settings.mqtt_port,
            on_refused=self.refused,
        )

    async def verify(self, machine: str, token: str, _: str) -> bool | str:
        """What the broker asks; True, or why not."""
        try:
            caller = await self._callers.recognise(Presented(token), Surface.MQTT)
        except Refused as refused:
            return refused.refusal.reason
        if caller.machine != machine:
            return "the token is another machine's"
        return not self._is_away(machine) or "it sends too much at once; it may return in a minute"

    def refused(self, machine: str, reason: str) -> None:
        """What the broker says of every refusal."""
        self._refusals.warning(f"the broker refused {machine}: {reason}")

    def send_away(self, broker: EmbeddedBroker, machine: str) -> None:
        """End the session of a machine that leaves no room for others."""
        _log.warning("%s sends too much at once, and is sent away for a minute", machine)
        self._away[machine] = clock.now() + _AWAY
        task = asyncio.create_task(_end(broker, machine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _is_away(self, machine: str) -> bool:
        now = clock.now()
        self._away = {one: until for one, until in self._away.items() if now < until}
        return machine in self._away


class EndsSessions(Protocol):
    """A broker that can be told to end a machine's session, the desk's own or another."""

    async def end_session(self, machine: str, /) -> object: ...


class _Page(Protocol):
    """Some of what ended after a moment, or then and beyond an id, the oldest first."""

    async def __call__(
        self, tx: Transaction, after: datetime, beyond: str, most: int, /
    ) -> list[Ended]: ...


_PAGES: tuple[_Page, ...] = (parties.revocations, access.ended_for, mandates.revoked_of)


def ending_sessions(
    database: Database, broker: EndsSessions, since: datetime
) -> Callable[[], Awaitable[int]]:
    """Ends the sessions of machines whose keys were revoked after `since`, or of whom a token, or
    what it was given for, ended; and then after this last ended all of them. Each such end ends a
    session once: who has a good token of its own comes back with that, and stays. One that could
    not be ended is tried again, and raised when the others have been.
    """
    done: dict[str, datetime] = {}

    async def end() -> int:
        nonlocal since, done
        now, first = clock.now(), since - _COMMITS_WITHIN
        done = {one: at for one, at in done.items() if at >= first}
        ended: dict[str, list[Ended]] = {}
        for page in _PAGES:
            async for one in _after(database, page, first):
                if one.id not in done:
                    ended.setdefault(one.machine, []).append(one)
        failed: Exception | None = None
        for machine, ends in ended.items():
            try:
                await broker.end_session(machine)
            except Exception as error:  # noqa: BLE001 - the others' end with what is theirs
                failed = failed or error
            else:
                done |= {one.id: one.at for one in ends}
        if failed:
            raise failed
        since = now
        return 0

    return end


async def _after(database: Database, page: _Page, first: datetime) -> AsyncIterator[Ended]:
    after, beyond = first, ""
    while True:
        async with database.transaction() as tx:
            read = await page(tx, after, beyond, _MOST)
        for one in read:
            yield one
        if len(read) < _MOST:
            return
        after, beyond = read[-1].at, read[-1].id


async def _end(broker: EmbeddedBroker, machine: str) -> None:
    try:
        await broker.end_session(machine)
    except EmbeddedError as error:
        _log.warning("the session of %s could not be ended: %s", machine, error)
