"""Code of a run that waits without `await`, and so holds up all others."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.held import Said, listening
from tests.platform.durable.ledger import begin, effect, effects, state

from thingdesk.platform.database import Database
from thingdesk.platform.durable import Engine, Run, watched

HERE = Path(__file__).name


@pytest.fixture
def said() -> Iterator[Said]:
    with listening() as heard:
        yield heard


def line(function: Any, text: str) -> int:
    lines, first = inspect.getsourcelines(function)
    return first + next(n for n, one in enumerate(lines) if text in one)


async def test_who_holds_up_all_others_is_named_with_the_line_while_it_does(said: Said) -> None:
    async def slow() -> bool:
        await asyncio.sleep(0)
        return said.hold()

    assert await watched(slow(), "a.slow@1", slow)
    (words,) = said.words
    where = f"{__file__}:{line(slow, 'said.hold()')}"
    assert words.startswith(f"a.slow@1 has held up the whole desk for 1 s, at {where}: ")
    assert "journey.look(what, act)" in words


async def test_who_waits_by_await_is_told_nothing_and_is_as_it_was(said: Said) -> None:
    async def waits(on: asyncio.Future[int]) -> int:
        try:
            return await on
        except LookupError:
            return -1

    loop = asyncio.get_running_loop()
    for answer in (7, LookupError()):
        future: asyncio.Future[int] = loop.create_future()
        task = loop.create_task(_whole(watched(waits(future), "a.waits@1", waits)))
        await asyncio.sleep(0)
        if isinstance(answer, int):
            future.set_result(answer)
        else:
            future.set_exception(answer)
        assert await task == (answer if isinstance(answer, int) else -1)
    task = loop.create_task(_whole(watched(waits(loop.create_future()), "a.waits@1", waits)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said.words == []


async def _whole(act: Any) -> Any:
    return await act


async def test_a_run_that_holds_up_all_others_for_a_lease_is_stuck_at_once(
    ledger: Database, said: Said
) -> None:
    tries = []

    async def slow(run: Run) -> None:
        tries.append(run.id)
        await effect(run, "by the slow one")
        said.hold()

    async def quick(run: Run) -> None:
        await effect(run, "by the quick one")

    bad, _ = await begin(ledger, "slow"), await begin(ledger, "quick")
    engine = Engine(ledger, {"slow": slow, "quick": quick}, lease=0.9)
    while await engine.once():
        pass
    now, problem = await state(ledger, bad)
    assert now == "stuck"
    assert problem
    assert re.match(r"Held: it held up the whole desk for [\d.]+ s at that line: ", problem)
    assert problem.endswith(f"{HERE}:{line(slow, 'said.hold()')})")
    assert tries == [bad], "it would hold up all others again"
    assert await effects(ledger) == ["by the quick one"]


async def test_a_look_that_holds_up_all_others_is_named_and_keeps_what_it_found(
    ledger: Database, said: Said
) -> None:
    async def slow(run: Run) -> None:
        async def find() -> bool:
            return said.hold()

        found = await run.outside("stock", find, timedelta(minutes=5))
        await effect(run, f"found: {found}")

    await begin(ledger, "slow")
    engine = Engine(ledger, {"slow": slow})
    await engine.once()
    await engine.looks.settled()
    await engine.once()
    assert await effects(ledger) == ["found: True"]
    assert f"{__file__}:{line(slow, 'said.hold()')}" in said.words[0]
