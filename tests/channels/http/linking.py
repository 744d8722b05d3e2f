"""What a provider's system holds: a signed link to a job, and how it speaks over it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from thingdesk import parties
from thingdesk.fulfilment import JobOffer
from thingdesk.platform import clock
from thingdesk.platform.database import Database


@dataclass
class Link:
    """A provider's signed link to a job."""

    http: httpx.AsyncClient
    job: JobOffer
    token: str

    async def look(self) -> Any:
        return (await self.http.get(f"/v1/jobs/{self.token}")).json()

    async def say(self, **said: Any) -> httpx.Response:
        return await self.http.post(f"/v1/jobs/{self.token}", json=said)


async def sign(database: Database, purpose: str, subject: UUID, within: timedelta) -> str:
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
    return parties.sign_link(key, purpose, subject, clock.now() + within)
