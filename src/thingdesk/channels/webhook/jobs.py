from collections.abc import Collection
from datetime import datetime

from thingdesk import fulfilment, parties
from thingdesk.channels.webhook.message import Links, message
from thingdesk.channels.webhook.outbox import Due
from thingdesk.platform.database import Database
from thingdesk.platform.outward import Attempt, End


class Jobs:
    """What the systems of providers are told of their jobs. `pages` is the URL under which they
    reach the desk; the page of a job is at `pages/job/TOKEN`.
    """

    channel = "job_delivery"

    def __init__(self, database: Database, pages: str) -> None:
        self._database = database
        self._pages = pages.rstrip("/")

    async def claim(self, most: int, under_way: Collection[Due]) -> list[Due]:
        busy = {one.about.job.offer.provider for one in under_way}
        async with self._database.transaction() as tx:
            due = await fulfilment.claim_due_offers(tx, most, without=busy)
        return [Due(one.id, one.url, one.secret, one) for one in due]

    async def body(self, due: Due, at: datetime) -> bytes:
        async with self._database.transaction() as tx:
            key = await parties.desk_key(tx)
        page = fulfilment.job_page(due.about.job.offer)
        token = parties.sign_link(key, page.purpose, page.subject, page.until)
        links = Links(f"{self._pages}/v1/jobs/{token}", f"{self._pages}/job/{token}")
        return message(due.about, at, links)

    async def settle(self, due: Due, attempt: Attempt) -> None:
        async with self._database.transaction() as tx:
            match attempt.end:
                case End.TAKEN:
                    await fulfilment.delivered(tx, due.id)
                case End.HOPELESS:
                    await fulfilment.give_up(tx, due.id, attempt.problem)
                case End.FAILED:
                    await fulfilment.not_delivered(tx, due.id, attempt.problem)
