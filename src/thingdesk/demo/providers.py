"""The process of a provider: `python -m thingdesk.demo.providers`.

Jobs come as signed webhooks; the link in them is where the provider says what they do.
"""

import asyncio
import json
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any

import httpx

from thingdesk.demo.inbox import Posted, serving
from thingdesk.demo.notes import Notes
from thingdesk.demo.orders import Orders
from thingdesk.demo.world import World
from thingdesk.platform import clock
from thingdesk.platform.outward import Unsigned, verify

_MENDS = {"repair", "inspect"}


class Shop:
    """A provider at work."""

    def __init__(self, given: dict[str, Any], http: httpx.AsyncClient) -> None:
        folder = Path(given["folder"])
        self._secret: str = given["secret"]
        self._manner: str = given["manner"]
        self._notes = Notes(folder / "notes" / f"{given['name'].replace(' ', '-')}.jsonl")
        self._world = World(folder / "world")
        self._chance = Random(given["name"])  # noqa: S311 - the same at every run
        self._http = http
        self._seen: set[str] = set()
        self._jobs: set[asyncio.Task[None]] = set()

    def take(self, posted: Posted) -> HTTPStatus:
        """A webhook. What is not signed by the desk is nobody's word, and a repeat is no news."""
        try:
            message = verify(self._secret, posted.headers, posted.body, clock.now())
        except Unsigned:
            self._notes.note("unsigned")
            return HTTPStatus.UNAUTHORIZED
        told = json.loads(posted.body)
        offer = told["data"]
        if message in self._seen:
            self._notes.note("repeat", job=offer["job"])
        else:
            self._seen.add(message)
            self._begin(told["type"], offer)
        return HTTPStatus.NO_CONTENT

    def _begin(self, kind: str, offer: dict[str, Any]) -> None:
        facts = {name: offer.get(name) for name in ("job", "case", "machine", "task")}
        self._notes.note("offered" if kind == "job.offered" else "cancelled", **facts)
        if kind == "job.offered" and self._manner != "silent":
            job = asyncio.create_task(self._work(offer, facts))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)

    async def drained(self) -> None:
        """Return when no job is left to do."""
        while self._jobs:
            await asyncio.wait(self._jobs)

    async def _work(self, offer: dict[str, Any], facts: dict[str, Any]) -> None:
        async def say(action: str, **more: Any) -> None:
            answer = await self._http.post(offer["answer"], json={"action": action, **more})
            self._notes.note(action, status=answer.status_code, **facts)

        await asyncio.sleep(self._chance.uniform(0.3, 0.8))
        if self._manner == "decline":
            await say("decline", reason="all our trucks are out")
            return
        await say("accept")
        if facts["task"] != "repair":
            drive = self._chance.uniform(0.8, 1.6)
            await say("under_way", arrival=(clock.now() + timedelta(seconds=drive)).isoformat())
            await asyncio.sleep(drive)
            await say("arrived")
        await asyncio.sleep(self._chance.uniform(1.0, 2.0))
        if facts["task"] in _MENDS:
            self._world.mend(facts["machine"])
        await say("done", words=f"{facts['task'].capitalize()}: done.", data={"photos": 2})


async def main() -> None:
    orders = await Orders.open()
    given = await orders.part()
    async with httpx.AsyncClient(timeout=30) as http:
        shop = Shop(given, http)
        async with serving(given["port"], shop.take):
            await orders.follow(asyncio.Event().wait(), shop.drained)


if __name__ == "__main__":
    asyncio.run(main())
