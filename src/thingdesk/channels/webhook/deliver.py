import asyncio
import logging
from collections.abc import Sequence

from thingdesk import fulfilment, parties
from thingdesk.channels.webhook.message import Links, message
from thingdesk.channels.webhook.signature import sign
from thingdesk.fulfilment import Delivery
from thingdesk.platform import clock, loops
from thingdesk.platform.database import Database
from thingdesk.platform.outward import Attempt, End, Names, Network, make_http, post

_LOOK_EVERY = 1.0
_EACH = 4
_log = logging.getLogger(__name__)


class Webhooks:
    """Delivers what is due to the systems of providers.

    `pages` is the URL under which providers reach the desk; the page of a job is at
    `pages/job/TOKEN`. `allowed` are private networks that may be called.
    """

    def __init__(
        self,
        database: Database,
        pages: str,
        *,
        allowed: Sequence[Network] = (),
        at_once: int = 60,
        names: Names | None = None,
    ) -> None:
        self._database = database
        self._pages = pages.rstrip("/")
        self._allowed = allowed
        self._at_once = at_once
        self._http = make_http()
        self._names = names or Names()
        self._under_way: dict[asyncio.Task[None], Delivery] = {}
        self._place_free = asyncio.Event()

    async def work(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; attempts under way are finished."""
        async with self._http:
            await loops.repeat(
                self._database,
                "job_delivery",
                self.begin,
                stop,
                every=_LOOK_EVERY,
                wake=self._place_free,
            )
            await self.finish()

    async def begin(self) -> int:
        """Begin an attempt for each of those that are due and find a place; how many there were.

        Nobody waits for an attempt of somebody else's, and of one provider there are few at once.
        """
        free = self._at_once - len(self._under_way)
        if not free:
            return 0
        busy = {one.job.offer.provider for one in self._under_way.values()}
        async with self._database.transaction() as tx:
            due = await fulfilment.claim_due_offers(tx, free, each=_EACH, without=busy)
            key = await parties.desk_key(tx) if due else None
        if key is not None:
            for one in due:
                task = asyncio.create_task(self._deliver(one, key))
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

    async def _deliver(self, delivery: Delivery, key: parties.DeskKey) -> None:
        now = clock.now()
        page = fulfilment.job_page(delivery.job.offer)
        token = parties.sign_link(key, page.purpose, page.subject, page.until)
        links = Links(f"{self._pages}/v1/jobs/{token}", f"{self._pages}/job/{token}")
        body = message(delivery, now, links)
        headers = sign(delivery.secret, str(delivery.id), now, body)
        headers["content-type"] = "application/json"
        attempt = await post(
            self._http, delivery.url, headers, body, names=self._names, allowed=self._allowed
        )
        await self._record(delivery, attempt)

    async def _record(self, delivery: Delivery, attempt: Attempt) -> None:
        async with self._database.transaction() as tx:
            match attempt.end:
                case End.TAKEN:
                    await fulfilment.delivered(tx, delivery.id)
                case End.HOPELESS:
                    await fulfilment.give_up(tx, delivery.id, attempt.problem)
                case End.FAILED:
                    await fulfilment.not_delivered(tx, delivery.id, attempt.problem)
