import asyncio
from collections.abc import Sequence
from datetime import timedelta

from thingdesk import fulfilment, parties
from thingdesk.channels.webhook.message import message
from thingdesk.channels.webhook.post import Attempt, End, make_http, post
from thingdesk.channels.webhook.signature import sign
from thingdesk.channels.webhook.target import Network
from thingdesk.fulfilment import Delivery
from thingdesk.platform import clock, loops
from thingdesk.platform.database import Database

_LOOK_EVERY = 1.0
# an appointment may be two months away, and the work comes after it
_PAGE_LASTS = timedelta(days=90)


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
        at_once: int = 20,
    ) -> None:
        self._database = database
        self._pages = pages.rstrip("/")
        self._allowed = allowed
        self._at_once = at_once
        self._http = make_http()

    async def work(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; attempts under way are finished."""
        async with self._http:
            await loops.repeat(self._database, "job_delivery", self.once, stop, every=_LOOK_EVERY)

    async def once(self) -> int:
        """One attempt for each of those that are due, `at_once` at most; how many there were."""
        async with self._database.transaction() as tx:
            due = await fulfilment.claim_due_offers(tx, self._at_once)
            key = await parties.desk_key(tx) if due else None
        if key is not None:
            ends = await asyncio.gather(
                *(self._deliver(one, key) for one in due), return_exceptions=True
            )
            # all are through, so that one that could not be recorded takes no other with it
            for error in ends:
                if error is not None:
                    raise error
        return len(due)

    async def _deliver(self, delivery: Delivery, key: parties.DeskKey) -> None:
        now = clock.now()
        until = delivery.job.offer.answer_by + _PAGE_LASTS
        token = parties.sign_link(key, "job", delivery.job.id, until)
        body = message(delivery, now, f"{self._pages}/job/{token}")
        headers = sign(delivery.secret, str(delivery.id), now, body)
        headers["content-type"] = "application/json"
        attempt = await post(self._http, delivery.url, headers, body, allowed=self._allowed)
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
