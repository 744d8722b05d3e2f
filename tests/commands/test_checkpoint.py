"""The desk's signed word on its timeline, made while it runs, when it stops, and kept elsewhere."""

from pathlib import Path

from tests.desk import DeskProcess, running
from tests.waiting import until

from thingdesk import parties, timeline
from thingdesk.parties import NewMachine
from thingdesk.platform import ids
from thingdesk.platform.database import Database

OURS = ("timeline_head", "timeline_event", "timeline_value")


async def register(database: Database) -> str:
    name = f"press-{ids.new()}"
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine(name, "press", "press 7")])
    return f"machine:{name}"


async def newest(database: Database) -> timeline.Checkpoint | None:
    async with database.transaction() as tx:
        return await timeline.newest_checkpoint(tx)


async def delete(database: Database, stream: str) -> None:
    async with database.transaction() as tx:
        for table in OURS:
            await tx.execute(f"delete from {table} where stream = $1", stream)


async def doctor(desk: DeskProcess, *arguments: str) -> tuple[int, str]:
    code, said = await desk.command("doctor", *arguments)
    return code, "\n".join(line for line in said.splitlines() if "checkpoint" in line)


async def test_what_is_deleted_after_a_checkpoint_is_shown(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    kept = tmp_path / "kept"
    before = await register(database)
    async with running(tmp_path / "desk", database_url=database_url) as desk:
        first = await until(lambda: newest(database))
        assert first is not None
        assert before in [head.stream for head in first.heads]
        after = await register(database)
        await desk.stop()
        last = await newest(database)
        assert last is not None
        assert [head.stream for head in last.heads] == [after], "it is signed at the stop"
        code, said = await desk.command("checkpoint")
        assert (code, said.splitlines()[0]) == (0, last.signed)
        kept.write_text(f"{last.signed}\n")
        code, said = await doctor(desk, "--checkpoint", str(kept))
        assert f"ok   checkpoints: all {last.number} hold" in said
        assert "ok   checkpoint: what was kept is one of them" in said
        await delete(database, before)
        code, said = await doctor(desk)
        assert code == 1
        assert f"BAD  checkpoints: 1 do not hold; number 1: {before} has no entry 1" in said
        async with database.transaction() as tx:
            await tx.execute("delete from timeline_checkpoint where number = $1", last.number)
        code, said = await doctor(desk, "--checkpoint", str(kept))
        assert code == 1
        assert f"BAD  checkpoint: what was kept is number {last.number} of " in said
