import asyncio
from datetime import timedelta
from typing import Any

from tests.platform.durable.ledger import begin, effect, effects, state

from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.durable import Engine, Function, Message, Run, send


async def waiting(run: Run) -> None:
    await effect(run, "before")
    answer = await run.wait("answer", until=await run.now() + timedelta(hours=1))
    await effect(run, f"after {answer.value if answer else 'nothing'}")


async def test_a_step_happens_once_and_a_message_moves_the_run_on(ledger: Database) -> None:
    run_id = await begin(ledger, "waiting")
    engine = Engine(ledger, {"waiting": waiting})
    assert await engine.once() == 1
    assert await engine.once() == 0
    async with ledger.transaction() as tx:
        send(tx, run_id, "answer", "yes")
        send(tx, run_id, "answer", "no: the first message under a key counts")
    assert await engine.once() == 1
    assert await effects(ledger) == ["after yes", "before"]
    assert await state(ledger, run_id) == ("ended", None)
    assert await engine.once() == 0


async def test_a_message_that_came_before_its_wait_is_heard(ledger: Database) -> None:
    run_id = await begin(ledger, "waiting")
    async with ledger.transaction() as tx:
        send(tx, run_id, "answer", "early")
    assert await Engine(ledger, {"waiting": waiting}).once() == 1
    assert await effects(ledger) == ["after early", "before"]


async def test_a_deadline_passes_by_the_platform_clock(ledger: Database) -> None:
    await begin(ledger, "waiting")
    engine = Engine(ledger, {"waiting": waiting})
    turnable = clock.Turnable()
    with clock.reading(turnable):
        assert await engine.once() == 1
        turnable.turn(timedelta(minutes=59))
        assert await engine.once() == 0
        turnable.turn(timedelta(minutes=2))
        assert await engine.once() == 1
    assert await effects(ledger) == ["after nothing", "before"]


async def test_one_that_fails_does_not_hold_up_its_batch(ledger: Database) -> None:
    async def broken(run: Run) -> None:
        await effect(run, "lost with its transaction")
        raise ValueError("as planned")

    bad, good = await begin(ledger, "broken"), await begin(ledger, "waiting")
    engine = Engine(ledger, {"waiting": waiting, "broken": broken})
    await engine.once()
    assert await effects(ledger) == ["before"]
    assert (await state(ledger, good))[0] == "active"
    status, problem = await state(ledger, bad)
    assert (status, (problem or "")[:22]) == ("active", "ValueError: as planned")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        for _ in range(10):
            turnable.turn(timedelta(minutes=10))
            await engine.once()
    assert (await state(ledger, bad))[0] == "stuck"


async def test_a_run_whose_code_is_unknown_waits_for_a_worker_that_knows_it(
    ledger: Database,
) -> None:
    run_id = await begin(ledger, "waiting")
    assert await Engine(ledger, {}).once() == 0
    assert (await state(ledger, run_id))[0] == "active"


async def test_two_workers_share_the_runs_and_repeat_none(ledger: Database) -> None:
    for _ in range(60):
        await begin(ledger, "waiting")
    engines = [Engine(ledger, {"waiting": waiting}, batch=7) for _ in range(2)]

    async def drain(engine: Engine) -> int:
        done = 0
        while taken := await engine.once():
            done += taken
        return done

    shares = await asyncio.gather(*(drain(engine) for engine in engines))
    assert sum(shares) == 60
    assert await effects(ledger) == ["before"] * 60


async def test_the_first_of_several_messages_answers_a_wait(ledger: Database) -> None:
    heard: list[Message | None] = []

    async def choosy(run: Run) -> None:
        heard.append(await run.wait("a", "b"))

    functions: dict[str, Function] = {"choosy": choosy}
    run_id = await begin(ledger, "choosy")
    engine = Engine(ledger, functions)
    await engine.once()
    async with ledger.transaction() as tx:
        send(tx, run_id, "b", 7)
    await engine.once()
    assert heard == [Message("b", 7)]


async def test_the_worker_wakes_by_itself_and_stops_when_told(ledger: Database) -> None:
    ended, stop = asyncio.Event(), asyncio.Event()

    async def short(run: Run) -> None:
        await effect(run, "done")
        ended.set()

    worker = asyncio.create_task(Engine(ledger, {"short": short}).work(stop))
    await begin(ledger, "short")
    async with asyncio.timeout(60):
        await ended.wait()
    stop.set()
    await worker
    assert await effects(ledger) == ["done"]


async def test_a_step_can_return_what_the_database_returned(ledger: Database) -> None:
    async def reading(run: Run) -> None:
        async def read() -> Any:
            return await run.tx.fetchval("select id from durable_run where id = $1", run.id)

        assert await run.step("read", read) == str(run.id)

    run_id = await begin(ledger, "reading")
    await Engine(ledger, {"reading": reading}).once()
    assert await state(ledger, run_id) == ("ended", None)


async def test_messages_that_nobody_will_hear_do_not_hold_up_the_others(ledger: Database) -> None:
    ended = await begin(ledger, "waiting")
    engine = Engine(ledger, {"waiting": waiting}, batch=5)
    async with ledger.transaction() as tx:
        send(tx, ended, "answer", "yes")
    await engine.once()
    assert (await state(ledger, ended))[0] == "ended"
    others = [await begin(ledger, "known to another worker") for _ in range(20)]
    async with ledger.transaction() as tx:
        for other in others:
            send(tx, ended, f"late {other}", None)
            send(tx, other, "answer", None)
    run_id = await begin(ledger, "waiting")
    assert await engine.once() == 1
    async with ledger.transaction() as tx:
        send(tx, run_id, "answer", "yes")
        unseen = await tx.fetchval("select count(*) from durable_message where not seen")
    assert unseen == 20
    assert await engine.once() == 1
    assert (await state(ledger, run_id))[0] == "ended"
