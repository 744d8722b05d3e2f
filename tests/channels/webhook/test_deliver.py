import asyncio
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import orjson
import pytest
from tests.fulfilment.making import happened, make_offer, make_provider
from tests.links import subject_of
from tests.listener import Listener, listening

from thingdesk import parties
from thingdesk.channels.webhook import Jobs, Webhooks
from thingdesk.fulfilment import JobOffer, effects
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.outward import verify
from thingdesk.platform.outward.names import Names
from thingdesk.platform.outward.post import LIMIT

PAGES = "https://desk.example/job/"
LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as one:
        yield one


@pytest.fixture
async def webhooks(database: Database) -> Webhooks:
    async with database.transaction() as tx:
        await tx.execute("truncate job_delivery")
    return Webhooks(database, Jobs(database, "https://desk.example/"), allowed=LOOPBACK)


async def offer_to(database: Database, url: str) -> tuple[JobOffer, parties.Provider]:
    provider = await make_provider(database, webhook_url=url)
    offer = make_offer(provider.id, answer_by=clock.now() + timedelta(hours=1))
    async with database.transaction() as tx:
        await effects.offer_job(tx, offer)
    return offer, provider


async def attempts(webhooks: Webhooks) -> int:
    """One attempt for each that is due, and what became of it."""
    begun = await webhooks.begin()
    await webhooks.finish()
    return begun


async def test_an_offer_arrives_signed_with_all_that_is_needed(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    offer, provider = await offer_to(database, listener.url)
    assert await attempts(webhooks) == 1
    request = listener.requests.get_nowait()
    assert request.headers["content-type"] == "application/json"
    verify(provider.webhook_secret, request.headers, request.body, clock.now())
    told = orjson.loads(request.body)
    data = told["data"]
    assert told["type"] == "job.offered"
    assert data.pop("page").startswith(PAGES)
    assert data.pop("answer").startswith("https://desk.example/v1/jobs/")
    assert data == {
        "job": str(offer.effect_id),
        "case": str(offer.case_id),
        "machine": "car-1",
        "task": "tow",
        "words": offer.words,
        "answer_by": offer.answer_by.isoformat(),
        "position": {"lat": 52.52, "lon": 13.405},
        "part": "P0301-coil",
        "appointment": None,
        "amount": {"minor": 9900, "currency": "EUR"},
        "details": {"model": "T1", "finding": ["P0301"]},
    }
    assert await attempts(webhooks) == 0


async def test_the_page_is_for_this_job_and_outlasts_the_work(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    offer, _ = await offer_to(database, listener.url)
    await attempts(webhooks)
    page = orjson.loads(listener.requests.get_nowait().body)["data"]["page"]
    with clock.reading(lambda: offer.answer_by + timedelta(days=60)):
        assert await subject_of(database, "job", page.removeprefix(PAGES)) == offer.effect_id


async def test_a_cancelled_job_is_told_and_the_offer_is_not(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    offer, _ = await offer_to(database, listener.url)
    async with database.transaction() as tx:
        await effects.cancel_job(tx, offer.effect_id, "the owner drove on")
    assert await attempts(webhooks) == 1
    told = orjson.loads(listener.requests.get_nowait().body)
    assert told["type"] == "job.cancelled"
    assert (told["data"]["job"], told["data"]["reason"]) == (
        str(offer.effect_id),
        "the owner drove on",
    )


async def test_a_failure_is_repeated_under_the_same_id(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    await offer_to(database, listener.url)
    good, listener.answer = listener.answer, b"HTTP/1.1 503 Busy\r\n\r\n"
    turnable = clock.Turnable()
    with clock.reading(turnable):
        assert await attempts(webhooks) == 1
        listener.answer = good
        assert await attempts(webhooks) == 0
        turnable.turn(timedelta(minutes=1))
        assert await attempts(webhooks) == 1
        turnable.turn(timedelta(minutes=10))
        assert await attempts(webhooks) == 0
    first, second = listener.requests.get_nowait(), listener.requests.get_nowait()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


@pytest.mark.parametrize("url", ["http://10.0.0.1/jobs", "http://[::1]:9/jobs"])
async def test_a_forbidden_address_is_given_up_at_once(
    database: Database, webhooks: Webhooks, url: str
) -> None:
    offer, _ = await offer_to(database, url)
    assert await attempts(webhooks) == 1
    assert await happened(database, offer.case_id) == ["job.offered", "job.delivery_given_up"]


@dataclass
class Hanging:
    """A provider's system that takes every request and answers none until it is let go."""

    leave: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _: asyncio.StreamWriter) -> None:
        await self.leave.wait()


async def test_a_system_that_hangs_holds_up_nobody_else(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    """However much is due to it, and though the others' offers come after its own."""
    async with listening() as slow, working(webhooks):
        slow.answer = hanging = Hanging()
        provider = await make_provider(database, webhook_url=slow.url)
        async with database.transaction() as tx:
            for _ in range(300):
                await effects.offer_job(tx, make_offer(provider.id))
        async with asyncio.timeout(LIMIT - 3):
            await slow.requests.get()
            for _ in range(3):
                await offer_to(database, listener.url)
                await listener.requests.get()
        assert slow.requests.qsize() < 4, "few at once"
        async with database.transaction() as tx:
            await tx.execute("truncate job_delivery")
        hanging.leave.set()


async def test_a_name_that_hangs_holds_up_nobody_else(
    database: Database, listener: Listener
) -> None:
    """Not even when many do, and however often they are asked for."""
    asked: Counter[str] = Counter()
    leave = threading.Event()

    def look(name: str, *more: Any, **options: Any) -> list[Any]:
        asked[name] += 1
        if name != "localhost":
            leave.wait()
            raise OSError("no such name")
        return socket.getaddrinfo(name, *more, **options)

    names = Names(look)
    webhooks = Webhooks(database, Jobs(database, "http://desk"), allowed=LOOPBACK, names=names)
    slow = [f"slow-{n}.example" for n in range(12)]
    try:
        async with asyncio.timeout(LIMIT - 3), working(webhooks):
            for name in slow:
                provider = await make_provider(database, webhook_url=f"http://{name}/jobs")
                async with database.transaction() as tx:
                    for _ in range(3):
                        await effects.offer_job(tx, make_offer(provider.id))
            await offer_to(database, f"http://localhost:{listener.port}/jobs")
            await listener.requests.get()
            assert await asyncio.to_thread(lambda: "the loop's own threads are free")
            async with database.transaction() as tx:
                await tx.execute("truncate job_delivery")
            leave.set()
        again = asyncio.gather(*(names.addresses("slow.example") for _ in range(5)))
        with pytest.raises(OSError, match="no such name"):
            await again
    finally:
        leave.set()
    assert {name: asked[name] for name in slow} == dict.fromkeys(slow, 1)
    assert asked["slow.example"] == 1


async def test_a_system_that_answers_gets_all_that_is_due_without_a_pause(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    provider = await make_provider(database, webhook_url=listener.url)
    async with database.transaction() as tx:
        for _ in range(40):
            await effects.offer_job(tx, make_offer(provider.id))
    async with asyncio.timeout(8), working(webhooks):
        for _ in range(40):
            await listener.requests.get()


@asynccontextmanager
async def working(webhooks: Webhooks) -> AsyncIterator[None]:
    stop = asyncio.Event()
    work = asyncio.create_task(webhooks.work(stop))
    try:
        yield
    finally:
        stop.set()
        await work


ANSWERS = {
    "redirects": b"HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:1/x\r\n\r\n",
    "rubbish": b"\x00\xff" * 2000,
    "10 MB": b"HTTP/1.1 500 No\r\ncontent-length: 10485760\r\n\r\n" + b"x" * 10485760,
    "half an answer": b"HTTP/1.1 200 OK\r\ncontent-le",
}


async def test_what_bad_systems_answer_leaves_their_offers_open_and_the_others_served(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    async with AsyncExitStack() as stack:
        offers = []
        for answer in (*ANSWERS.values(), b"HTTP/1.1 410 Gone\r\n\r\n"):
            bad = await stack.enter_async_context(listening())
            bad.answer = answer
            offers.append((await offer_to(database, bad.url))[0])
        good, _ = await offer_to(database, listener.url)
        assert await attempts(webhooks) == 6
        assert listener.requests.qsize() == 1
    for offer in offers[:-1]:
        assert await happened(database, offer.case_id) == ["job.offered"]
    gone = await happened(database, offers[-1].case_id)
    assert gone == ["job.offered", "job.delivery_given_up"]
    async with database.transaction() as tx:
        rows = await tx.fetch("select job_id, state, attempts, problem from job_delivery")
    states = {row["job_id"]: (row["state"], row["attempts"], bool(row["problem"])) for row in rows}
    assert states == {
        **{offer.effect_id: ("waiting", 1, True) for offer in offers[:-1]},
        offers[-1].effect_id: ("given_up", 1, True),
        good.effect_id: ("delivered", 1, False),
    }


async def test_it_wakes_by_itself_and_stops_when_told(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    stop = asyncio.Event()
    work = asyncio.create_task(webhooks.work(stop))
    for _ in range(2):
        await offer_to(database, listener.url)
        async with asyncio.timeout(60):
            await listener.requests.get()
    stop.set()
    async with asyncio.timeout(60):
        await work
