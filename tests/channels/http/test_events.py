"""What happens to a case, as pages and as a stream that goes on where its reader was."""

import asyncio
import json
from typing import Any

from tests.channels.http.test_services import ask, bearer
from tests.saying import Caller, refused

STREAM = {"Accept": "text/event-stream"}


async def read(car: Caller, path: str, most: int = 1000, **headers: str) -> list[dict[str, Any]]:
    """Events of a stream, until it ends or so many came."""
    found: list[dict[str, Any]] = []
    given = {**bearer(car), **STREAM, **headers}
    async with asyncio.timeout(60), car.http.stream("GET", path, headers=given) as answer:
        if answer.status_code == 204:
            return []
        assert answer.headers["content-type"].startswith("text/event-stream"), answer
        one: dict[str, Any] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name in ("id", "event", "data"):
                one[name] = value
            elif not line and "data" in one:
                found.append({**one, "data": json.loads(one["data"])})
                one = {}
                if len(found) >= most:
                    break
    return found


async def test_a_stream_goes_on_where_its_reader_was(car: Caller) -> None:
    path = (await ask(car)).headers["location"]
    events = f"{path}/events"
    first = await read(car, events, most=1)
    assert first[0]["event"] == "case.opened"
    assert first[0]["data"]["kind"] == "case.opened"
    assert int(first[0]["id"]) == first[0]["data"]["number"]
    following = asyncio.create_task(read(car, events, **{"Last-Event-ID": first[0]["id"]}))
    async with asyncio.timeout(60):
        await car.call("POST", f"{path}/withdraw", json={})
    rest = await following
    assert rest[-1]["event"] == "case.ended"
    assert rest[-1]["data"]["data"]["outcome"] == "withdrawn"
    numbers = [int(one["id"]) for one in [*first, *rest]]
    assert numbers == sorted(set(numbers)), "nothing twice, nothing out of order"
    whole = await read(car, events)
    assert [one["id"] for one in whole] == [str(number) for number in numbers]
    assert await read(car, events, **{"Last-Event-ID": whole[-1]["id"]}) == [], "204: come no more"


async def test_the_same_comes_in_pages(car: Caller) -> None:
    path = (await ask(car)).headers["location"]
    await car.call("POST", f"{path}/withdraw", json={})
    whole = (await car.get(f"{path}/events"))["events"]
    assert whole[-1]["kind"] == "case.ended"
    seen, after = [], 0
    while True:
        page = await car.get(f"{path}/events?most=1&after={after}")
        seen += page["events"]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == whole


async def test_nobody_else_hears_it(car: Caller, other: Caller) -> None:
    path = (await ask(car)).headers["location"]
    for headers in ({}, STREAM):
        answer = await other.http.get(f"{path}/events", headers={**bearer(other), **headers})
        refused(answer, 404, "case_unknown", "contact_us")


async def test_a_machine_has_so_many_streams(car: Caller, other: Caller) -> None:
    path = (await ask(car)).headers["location"] + "/events"
    opened = [asyncio.create_task(read(car, path)) for _ in range(20)]
    try:
        async with asyncio.timeout(60):
            while True:
                async with car.http.stream(
                    "GET", path, headers={**bearer(car), **STREAM}
                ) as answer:
                    if answer.status_code == 429:
                        break
        theirs = (await ask(other)).headers["location"] + "/events"
        assert (await read(other, theirs, most=1))[0]["event"] == "case.opened"
    finally:
        for one in opened:
            one.cancel()
        await asyncio.gather(*opened, return_exceptions=True)
