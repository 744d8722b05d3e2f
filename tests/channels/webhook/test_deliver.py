import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network

import orjson
import pytest
from tests.channels.webhook.listener import Listener, listening
from tests.fulfilment.making import happened, make_offer, make_provider

from thingdesk import parties
from thingdesk.channels.webhook import Webhooks, verify
from thingdesk.fulfilment import JobOffer, effects
from thingdesk.platform import clock
from thingdesk.platform.database import Database

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
    return Webhooks(database, "https://desk.example/", allowed=LOOPBACK)


async def offer_to(database: Database, url: str) -> tuple[JobOffer, parties.Provider]:
    provider = await make_provider(database, webhook_url=url)
    offer = make_offer(provider.id, answer_by=clock.now() + timedelta(hours=1))
    async with database.transaction() as tx:
        await effects.offer_job(tx, offer)
    return offer, provider


async def test_an_offer_arrives_signed_with_all_that_is_needed(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    offer, provider = await offer_to(database, listener.url)
    assert await webhooks.once() == 1
    request = listener.requests.get_nowait()
    assert request.headers["content-type"] == "application/json"
    verify(provider.webhook_secret, request.headers, request.body, clock.now())
    told = orjson.loads(request.body)
    data = told["data"]
    assert told["type"] == "job.offered"
    assert data.pop("page").startswith(PAGES)
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
    assert await webhooks.once() == 0


async def test_the_page_is_for_this_job_and_outlasts_the_work(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    offer, _ = await offer_to(database, listener.url)
    await webhooks.once()
    page = orjson.loads(listener.requests.get_nowait().body)["data"]["page"]
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
    with clock.reading(lambda: offer.answer_by + timedelta(days=60)):
        assert parties.read_link(key, "job", page.removeprefix(PAGES)) == offer.effect_id


async def test_a_cancelled_job_is_told_and_the_offer_is_not(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    offer, _ = await offer_to(database, listener.url)
    async with database.transaction() as tx:
        await effects.cancel_job(tx, offer.effect_id, "the owner drove on")
    assert await webhooks.once() == 1
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
        assert await webhooks.once() == 1
        listener.answer = good
        assert await webhooks.once() == 0
        turnable.turn(timedelta(minutes=1))
        assert await webhooks.once() == 1
        turnable.turn(timedelta(minutes=10))
        assert await webhooks.once() == 0
    first, second = listener.requests.get_nowait(), listener.requests.get_nowait()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


@pytest.mark.parametrize("url", ["http://10.0.0.1/jobs", "http://[::1]:9/jobs"])
async def test_a_forbidden_address_is_given_up_at_once(
    database: Database, webhooks: Webhooks, url: str
) -> None:
    offer, _ = await offer_to(database, url)
    assert await webhooks.once() == 1
    assert await happened(database, offer.case_id) == ["job.offered", "job.delivery_given_up"]


async def test_one_that_hangs_does_not_hold_up_the_others(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    leave = asyncio.Event()

    async def silent(_: asyncio.StreamWriter) -> None:
        await leave.wait()

    async with listening() as slow:
        slow.answer = silent
        await offer_to(database, slow.url)
        await offer_to(database, listener.url)
        once = asyncio.create_task(webhooks.once())
        async with asyncio.timeout(5):
            await slow.requests.get()
            await listener.requests.get()
        leave.set()
        assert await once == 2


async def test_it_wakes_by_itself_and_stops_when_told(
    database: Database, webhooks: Webhooks, listener: Listener
) -> None:
    stop = asyncio.Event()
    work = asyncio.create_task(webhooks.work(stop))
    for _ in range(2):
        await offer_to(database, listener.url)
        async with asyncio.timeout(10):
            await listener.requests.get()
    stop.set()
    async with asyncio.timeout(10):
        await work
