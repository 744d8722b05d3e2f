import asyncio
import logging
from collections.abc import Sequence

from thingdesk.channels.webhook.outbox import Due, Outbox
from thingdesk.platform import clock, loops
from thingdesk.platform.database import Database
from thingdesk.platform.outward import Names, Network, make_http, post, sign

_LOOK_EVERY = 1.0
_log = logging.getLogger(__name__)


class Webhooks:
    """Delivers what is due in an outbox. `allowed` are private networks that may be called."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        *,
        allowed: Sequence[Network] = (),
        at_once: int = 60,
        names: Names | None = None,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._allowed = allowed
        self._at_once = at_once
        self._http = make_http()
        self._names = names or Names()
        self._under_way: dict[asyncio.Task[None], Due] = {}
        self._place_free = asyncio.Event()

    async def work(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; attempts under way are finished."""
        async with self._http:
            await loops.repeat(
                self._database,
                self._outbox.channel,
                self.begin,
                stop,
                every=_LOOK_EVERY,
                wake=self._place_free,
            )
            await self.finish()

    async def begin(self) -> int:
        """Begin an attempt for each of those that are due and find a place; how many there were.

        A machine, a provider and a host have few of the places each, so that nobody waits for
        somebody else's slow address as long as not very many are slow at once.
        """
        free = self._at_once - len(self._under_way)
        if not free:
            return 0
        due = await self._outbox.claim(free, list(self._under_way.values()))
        for one in due:
            task = asyncio.create_task(self._deliver(one))
            self._under_way[task] = one
            task.add_done_callback(self._ended)
        return len(due)

    async def finish(self) -> None:
        """Wait until no attempt is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._place_free.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # it is tried again by itself
            _log.error("what came of a delivery could not be recorded", exc_info=error)

    async def _deliver(self, due: Due) -> None:
        now = clock.now()
        body = await self._outbox.body(due, now)
        if body is None:
            return
        signed = sign(due.secret, str(due.id), now, body)
        headers = {**due.shown, **signed, "content-type": due.media}
        attempt = await post(
            self._http, due.url, headers, body, names=self._names, allowed=self._allowed
        )
        await self._outbox.settle(due, attempt)
