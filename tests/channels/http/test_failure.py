"""Our own failure is answered, and who asks again is answered, too."""

import asyncio

import httpx
from fastapi import FastAPI
from tests.channels.http.linking import Link
from tests.saying import Caller, refused, signal
from tests.waiting import until

from thingdesk.channels.http import problems
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.serve import listen, serve


async def test_who_asks_is_told_that_the_connection_ends_and_may_ask_again() -> None:
    """The server ends it after an error, whatever it says of it."""
    app = FastAPI()
    app.add_exception_handler(Exception, problems.on_failure)

    @app.post("/")
    async def fail() -> None:
        raise OSError("as planned")

    async with (
        serve(app, listen("127.0.0.1", 0, "PORT")) as served,
        httpx.AsyncClient(timeout=30) as http,
    ):
        for _ in range(3):
            answer = await http.post(served.url)
            refused(answer, 503, "desk_failed", "retry")
            assert answer.headers["connection"] == "close"


async def _waits_for_signals(tx: Transaction) -> bool:
    waiting = "select count(*) from pg_locks where relation = 'signal'::regclass and not granted"
    return bool(await tx.fetchval(waiting))


async def test_who_is_known_is_told_to_wait_while_the_database_stands_still(
    database: Database, car: Caller, link: Link
) -> None:
    """What was told to come again may be stored all the same: who says it again is answered so."""
    first, said = signal(car.id), signal(car.id)
    job = f"/v1/jobs/{link.token}"
    async with database.transaction() as tx:
        await tx.execute("lock table signal, notice, command, job, desk_case")
        storing = asyncio.create_task(car.say("signals", first))
        await until(lambda: _waits_for_signals(tx))
        answers = await asyncio.gather(
            storing,
            car.say("signals", said),
            *(car.call("GET", f"/v1/{one}") for one in ("notices", "commands")),
            car.call("GET", f"/v1/cases/{link.job.case_id}"),
            link.http.get(job),
            link.say(action="accept"),
        )
        for answer in answers:
            refused(answer, 503, "desk_busy", "retry")

    async def stored() -> bool:
        async with database.transaction() as tx:
            found = await tx.fetch("select event_id from signal where machine = $1", car.id)
        return {row["event_id"] for row in found} == {first["id"], said["id"]}

    await until(stored)
    assert said["id"] in await car.receipts("signals", said)
    assert (await link.look())["state"] == "offered", "what was ended has changed nothing"
    assert (await link.say(action="accept")).status_code == httpx.codes.OK
