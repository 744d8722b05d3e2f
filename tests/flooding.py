"""A machine that calls without a pause, at a desk with two web processes, and another one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.desk import DeskProcess, all_running
from tests.parties.making import Signing, registered
from thingdesk.platform.database import Database

CALLS = 100
AT_ONCE = 16
# what lay idle is not used again: the desk ends a connection after ten seconds
FRESH = httpx.Limits(keepalive_expiry=1)
_FAIR = 12
Ask = Callable[[httpx.AsyncClient, Signing], Awaitable[httpx.Response]]


@dataclass
class Flood:
    """What the one that floods was answered, and the other one at each process meanwhile."""

    refused: list[httpx.Response] = field(default_factory=list)
    served: dict[str, list[httpx.Response]] = field(default_factory=dict)
    begun: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def two_webs(folder: Path, url: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two processes of a desk that answer over HTTP, and a client of each."""
    webs = [
        DeskProcess(folder / f"web-{n}", roles="web", database_url=url, calls=CALLS) for n in (1, 2)
    ]
    async with all_running(*webs), AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=one.http, timeout=60, limits=FRESH)
            )
            for one in webs
        ]


async def flood_of_one(database: Database, webs: list[httpx.AsyncClient], ask: Ask) -> Flood:
    """One machine floods the first process; once it is refused there, another one makes as many
    calls at each of both as it may, while the flood goes on.
    """
    hostile, other = [await registered(database) for _ in range(2)]
    flood = Flood()
    async with asyncio.TaskGroup() as group:
        flooding = [group.create_task(_flood(flood, webs[0], hostile, ask)) for _ in range(AT_ONCE)]
        await asyncio.wait_for(flood.begun.wait(), 120)
        for one in webs:
            answers = [await ask(one, other) for _ in range(_FAIR)]
            flood.served[str(one.base_url)] = answers
        for each in flooding:
            each.cancel()
    return flood


async def _flood(flood: Flood, http: httpx.AsyncClient, who: Signing, ask: Ask) -> None:
    while True:
        answer = None
        with contextlib.suppress(httpx.TransportError):  # it has no right to a connection
            answer = await ask(http, who)
        if answer is not None and answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            flood.refused.append(answer)
            flood.begun.set()
