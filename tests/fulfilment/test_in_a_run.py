"""How a journey uses all of it: a job is passed on until somebody takes it, and is done."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.fulfilment.making import BERLIN, make_command, make_offer, make_provider

from thingdesk import fulfilment
from thingdesk.fulfilment import Evidence, JobState, Need, effects, job_key
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.durable import Engine, Priority, Run, start


def effect_id(run: Run, number: int) -> UUID:
    return UUID(int=run.id.int ^ number)


async def tow(run: Run) -> None:
    asked: list[UUID] = []
    need = Need(run.input["kind"], position=BERLIN, at=await run.now())
    while True:

        async def offer() -> list[str]:
            best = next(one for one in await fulfilment.nearest(run.tx, need, asked))
            job = make_offer(
                best.id,
                effect_id=effect_id(run, len(asked) + 1),
                run_id=run.id,
                case_id=UUID(run.input["case"]),
                answer_by=clock.now() + timedelta(minutes=5),
            )
            return [str(await effects.offer_job(run.tx, job)), str(best.id)]

        job_id, provider = map(UUID, await run.step("offer", offer))
        asked.append(provider)
        answer = await run.wait(job_key(job_id, JobState.ACCEPTED))
        if answer and answer.value["state"] == "accepted":
            break
    arrived = await run.wait(job_key(job_id, JobState.ARRIVED))
    done = await run.wait(job_key(job_id, JobState.DONE))
    assert arrived
    assert done

    async def note() -> dict[str, Any]:
        return {"by": str(provider), "arrived": arrived.value["state"], **done.value["evidence"]}

    await run.step("note", note)
    await run.wait("for ever")


async def restart(run: Run) -> None:
    command = make_command(run_id=run.id, effect_id=effect_id(run, 1), machine=run.input)

    async def send() -> str:
        return str(await effects.send_command(run.tx, command))

    sent = UUID(await run.step("send", send))
    result = await run.wait(fulfilment.command_key(sent))
    await run.wait(f"heard-{result.value['status'] if result else None}")


async def begin(database: Database, code: str, data: object) -> UUID:
    run_id = ids.new()
    async with database.transaction() as tx:
        start(tx, run_id, code, data, priority=Priority.NORMAL)
    return run_id


async def test_silence_and_a_no_pass_the_job_on_until_it_is_done(database: Database) -> None:
    kind, case_id, turnable = f"kind-{ids.new()}", ids.new(), clock.Turnable()
    names = ("a", "b", "c")
    silent, unwilling, good = [
        await make_provider(database, name=f"{name} {kind}", kinds=(kind,)) for name in names
    ]
    run_id = await begin(database, "tow", {"kind": kind, "case": str(case_id)})
    engine = Engine(database, {"tow": tow})

    async def offered_to() -> tuple[UUID, UUID]:
        await engine.once()
        async with database.transaction() as tx:
            job = (await fulfilment.jobs_of(tx, case_id))[-1]
        assert job.state is JobState.OFFERED
        return job.id, job.offer.provider

    with clock.reading(turnable):
        _, provider = await offered_to()
        assert provider == silent.id
        turnable.turn(timedelta(minutes=6))
        async with database.transaction() as tx:
            assert await fulfilment.expire_jobs(tx) == 1
        job, provider = await offered_to()
        assert provider == unwilling.id
        async with database.transaction() as tx:
            await fulfilment.decline(tx, job, provider, "no truck")
        job, provider = await offered_to()
        assert provider == good.id
        async with database.transaction() as tx:
            await fulfilment.accept(tx, job, provider)
            # it never says that it arrived: whoever waits for that must not wait for ever
            await fulfilment.done(tx, job, provider, Evidence("towed"))
        await engine.once()
    async with database.transaction() as tx:
        journal = await tx.fetchval("select journal from durable_run where id = $1", run_id)
    assert journal[-1] == [
        "note",
        {"by": str(good.id), "arrived": "done", "words": "towed", "data": {}},
    ]


async def test_a_run_hears_the_result_of_its_command(database: Database) -> None:
    machine = f"press-{ids.new()}"
    await begin(database, "restart", machine)
    engine = Engine(database, {"restart": restart})
    assert await engine.once() == 1
    async with database.transaction() as tx:
        (sent,) = await fulfilment.waiting_commands(tx, machine)
        await fulfilment.settle_command(tx, sent.id, machine, "done", {})
    assert await engine.once() == 1
    async with database.transaction() as tx:
        waits = await tx.fetchval(
            "select waits_for from durable_run where id = $1", sent.command.run_id
        )
    assert waits == ["heard-done"]
