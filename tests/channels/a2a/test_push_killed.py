"""The desk is killed after it opened a task and before it kept where to tell of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from tests.desk import DeskProcess, running
from tests.listener import Listener, listening
from tests.saying import Caller, Event, a_caller, a_centre
from tests.waiting import until

from thingdesk.platform.database import Database

pytestmark = pytest.mark.timeout(300)
OPENED = "select exists (select from desk_case where subject = $1)"
WAITS = """
select exists (
    select from pg_locks l join pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and not l.granted and d.datname = current_database())
"""
KEPT = "select count(*) from hook where machine = $1 and ended_at is null"


@pytest.fixture
async def desk(tmp_path: Path, database: Database, database_url: str) -> AsyncIterator[DeskProcess]:
    await a_centre(database)
    more = {"database_url": database_url, "webhook_networks": "127.0.0.0/8"}
    async with running(tmp_path / "desk", **more) as one:
        yield one


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as one:
        yield one


def message(url: str) -> Event:
    asked = {"service": "vehicle.repair", "input": {"code": "P0301"}}
    return {
        "message": {"messageId": "m-1", "role": "ROLE_USER", "parts": [{"data": asked}]},
        "configuration": {
            "returnImmediately": True,
            "taskPushNotificationConfig": {"url": url, "token": "t"},
        },
    }


async def post(car: Caller, path: str, body: Event) -> httpx.Response:
    headers = {"a2a-version": "1.0", "authorization": f"Bearer {car.signing.token()}"}
    return await car.http.post(f"/a2a/{path}", json=body, headers=headers)


async def send(car: Caller, url: str) -> httpx.Response:
    return await post(car, "message:send", message(url))


async def test_the_same_message_again_is_the_same_task_and_is_told_from_then_on(
    desk: DeskProcess, database: Database, listener: Listener
) -> None:
    async with httpx.AsyncClient(base_url=desk.http, timeout=60) as http:
        car = await a_caller(database, http)

        sent: asyncio.Task[httpx.Response] | None = None

        async def stopped_between() -> bool:
            nonlocal sent
            if sent is None or sent.done():  # told to come again, on a slow computer
                sent = asyncio.create_task(send(car, listener.url))
            async with database.transaction() as tx:
                return bool(await tx.fetchval(OPENED, car.id) and await tx.fetchval(WAITS))

        async with database.transaction() as tx:
            # whoever registers an address for the machine waits here
            await tx.execute("select pg_advisory_xact_lock(741330219, hashtext($1))", car.id)
            await until(stopped_between)
            desk.kill()
        with suppress(httpx.HTTPError):
            await asyncio.gather(*([sent] if sent else ()))
        await desk.start()
        answered = await send(car, listener.url)
        assert answered.status_code == httpx.codes.OK, answered.text
        task = answered.json()["task"]
        async with database.transaction() as tx:
            assert await tx.fetchval(KEPT, car.id) == 1
            cases = await tx.fetch("select id from desk_case where subject = $1", car.id)
        assert [str(row["id"]) for row in cases] == [task["id"]]
        withdrawn = await post(car, f"tasks/{task['id']}:cancel", {})
        assert withdrawn.status_code == httpx.codes.OK, withdrawn.text
        async with asyncio.timeout(60):
            while True:
                told = await listener.requests.get()
                if b"TASK_STATE_CANCELED" in told.body:
                    break
