"""A worker without pages says itself whether it lives and is ready, and why not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.desk import DeskProcess, running
from tests.machine.brokers import MOSQUITTO, Mosquitto
from tests.ports import free_port
from tests.waiting import until

from thingdesk.channels.operations import Readiness, Unready
from thingdesk.platform.embedded import EmbeddedPostgres

OK, UNREADY = httpx.codes.OK, httpx.codes.SERVICE_UNAVAILABLE


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    one = Mosquitto(tmp_path)
    await one.start()
    yield one
    await one.kill()


async def test_a_worker_without_its_broker_or_database_is_not_ready(
    tmp_path: Path, broker: Mosquitto
) -> None:
    port = free_port()
    async with EmbeddedPostgres(tmp_path / "db") as postgres:
        settings = {
            "roles": "ingest,work",
            "database_url": postgres.url,
            "broker_url": f"mqtt://127.0.0.1:{broker.port}",
            "operations_port": port,
        }
        async with (
            running(tmp_path / "desk", **settings),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http,
        ):

            async def ready() -> bool:
                return (await http.get("/ready")).status_code == OK

            async def reasons() -> dict[str, str]:
                answer = await http.get("/ready")
                if answer.status_code == OK:
                    return {}
                assert answer.status_code == UNREADY
                assert answer.headers["retry-after"].isdecimal()
                return dict(answer.json()["reasons"])

            await until(ready)
            await broker.kill()
            found = await until(reasons)
            assert set(found) <= {"ingest", "work"}
            assert set(found.values()) == {"not connected to the broker"}
            await broker.start()
            await until(ready, within=30)

            await postgres.__aexit__(None, None, None)
            assert "database" in await until(reasons)
            assert (await http.get("/health")).status_code == OK
            await postgres.__aenter__()
            await until(ready, within=30)


async def no() -> None:
    raise Unready("no broker")


async def secret() -> None:
    raise OSError("cannot connect to postgresql://desk:hunter2@db")


async def fine() -> None:
    pass


async def test_it_is_ready_when_it_has_started_and_every_check_passes() -> None:
    checks: dict[str, Any] = {"a": fine}
    stop = asyncio.Event()
    readiness = Readiness(checks, stop)
    assert await readiness.reasons() == {"desk": "is starting"}
    readiness.started()
    assert await readiness.reasons() == {}
    checks |= {"b": no, "c": secret}
    assert await readiness.reasons() == {"b": "no broker", "c": "OSError"}
    stop.set()
    assert await readiness.reasons() == {"desk": "is stopping"}


async def test_a_desk_without_an_operations_port_answers_at_its_own_door(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path / "desk", database_url=database_url, roles="web") as desk:
        assert isinstance(desk, DeskProcess)
        async with httpx.AsyncClient(base_url=desk.http, timeout=30) as http:
            assert (await http.get("/ready")).json() == {"status": "ready"}


async def test_a_check_that_hangs_is_not_asked_again_meanwhile() -> None:
    """Each would take a connection to what does not answer."""
    asked, answers = [], asyncio.Event()

    async def hang() -> None:
        asked.append(True)
        await answers.wait()

    readiness = Readiness({"slow": hang}, asyncio.Event())
    readiness.started()
    first, second = await asyncio.gather(readiness.reasons(), readiness.reasons())
    assert first == second == {"slow": "no answer within 3 s"}
    assert len(asked) == 1
    answers.set()
    assert await readiness.reasons() == {}
