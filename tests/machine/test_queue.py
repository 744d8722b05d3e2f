"""The queue on disk: bounded, locked, never half written."""

import asyncio
import shutil
import sqlite3
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.machine.conftest import QUICK
from tests.machine.desk import Desk
from tests.ports import free_port

from thingdesk_machine import (
    Closed,
    DifferentContent,
    Dropped,
    Identity,
    Ledger,
    Machine,
    NotSendable,
    Options,
    QueueFull,
    QueueInUse,
    QueueUnreadable,
    inbox,
)
from thingdesk_machine.disk import Disk

ROOT = Path(__file__).resolve().parents[2]
OPEN = """
import asyncio, sys
from thingdesk_machine.disk import Disk

asyncio.run(Disk.open(sys.argv[1], "car-1"))
"""
IDENTITY = Identity.create("car-1")


def offline(folder: Path, **changes: Any) -> Machine:
    """A machine that has no broker: what it queues stays there."""
    options = Options(patience=QUICK.patience, reconnect=QUICK.reconnect, **changes)
    return Machine(
        identity=IDENTITY,
        desk=f"mqtt://127.0.0.1:{free_port()}",
        queue=folder / "car-1.queue",
        desk_keys=Desk().keys,
        options=options,
    )


def ids(folder: Path) -> list[tuple[str, str | None]]:
    with Ledger(folder / "car-1.queue") as ledger:
        return [(event.id, event.ending) for event in ledger.events()]


async def test_a_full_queue_says_so(tmp_path: Path) -> None:
    async with offline(tmp_path, limit=3) as machine:
        for number in range(3):
            await machine.signal({"speed": number}, event_id=f"s{number}")
        with pytest.raises(QueueFull, match="3 signals wait"):
            await machine.signal({"speed": 3}, event_id="s3")
    assert ids(tmp_path) == [("s0", None), ("s1", None), ("s2", None)]


async def test_the_bound_holds_after_a_restart_and_under_many_at_once(tmp_path: Path) -> None:
    async with offline(tmp_path, limit=5) as machine:
        for number in range(3):
            await machine.signal({"speed": number})
    async with offline(tmp_path, limit=5) as machine:
        done = await asyncio.gather(
            *(machine.signal({"speed": number}) for number in range(10)), return_exceptions=True
        )
    assert sum(isinstance(error, QueueFull) for error in done) == 8
    assert len(ids(tmp_path)) == 5


async def test_a_queue_full_of_signals_has_room_for_a_report(tmp_path: Path) -> None:
    async with offline(tmp_path, limit=1) as machine:
        await machine.signal({"speed": 1}, event_id="s1")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await machine.report("vehicle.repair", {}, event_id="r1")
    assert ids(tmp_path) == [("s1", None), ("r1", None)]


async def test_the_oldest_signals_may_be_given_up_and_are_counted(tmp_path: Path) -> None:
    async with offline(tmp_path, limit=2, drop="oldest") as machine:
        waiting = asyncio.create_task(machine.signal({"speed": 0}, event_id="s0", wait=True))
        await asyncio.sleep(0)  # let it ask first
        for number in (1, 2, 3):
            await machine.signal({"speed": number}, event_id=f"s{number}")
        with pytest.raises(Dropped):
            await waiting
    assert ids(tmp_path) == [("s0", "dropped"), ("s1", "dropped"), ("s2", None), ("s3", None)]
    with Ledger(tmp_path / "car-1.queue") as ledger:
        assert ledger.dropped() == 2


async def test_an_event_id_stands_for_one_content(tmp_path: Path) -> None:
    async with offline(tmp_path) as machine:
        await machine.signal({"speed": 1}, event_id="s1")
        await machine.signal({"speed": 1}, event_id="s1")
        with pytest.raises(DifferentContent):
            await machine.signal({"speed": 2}, event_id="s1")
    assert ids(tmp_path) == [("s1", None)]


UNSENDABLE: dict[str, dict[str, Any]] = {
    "not a number": {"values": {"t": float("nan")}},
    "infinite": {"values": {"t": float("-inf")}},
    "nothing": {},
    "no place": {"position": (91.0, 0.0)},
    "an infinity inside": {"values": {"t": [{"u": float("inf")}]}},
    "a place that is no number": {"position": (float("nan"), 0.0)},
    "too deep": {"values": {"t": eval("[" * 20 + "]" * 20)}},  # noqa: S307 - a literal
    "too large": {"values": {"t": "x" * 300_000}},
    "no JSON": {"values": {"t": object()}},
    "an object with numbers for names": {"values": {"t": {1: 2}}},
    "more than 53 bits": {"values": {"t": 2**53}},
    "half a character": {"values": {"t": "\ud800"}},
    "an id with a line break": {"values": {"t": 1}, "event_id": "a\nb"},
    "an id with a space": {"values": {"t": 1}, "event_id": "a b"},
    "an empty id": {"values": {"t": 1}, "event_id": ""},
    "a long id": {"values": {"t": 1}, "event_id": "x" * 129},
}


@pytest.mark.parametrize("arguments", UNSENDABLE.values(), ids=UNSENDABLE.keys())
async def test_what_the_desk_cannot_read_is_not_queued(
    tmp_path: Path, arguments: dict[str, Any]
) -> None:
    async with offline(tmp_path) as machine:
        with pytest.raises(NotSendable):
            await machine.signal(**arguments)
    assert ids(tmp_path) == []


async def test_one_machine_to_a_queue(tmp_path: Path) -> None:
    async with offline(tmp_path):
        with pytest.raises(QueueInUse, match=r"car-1\.queue is open already"):
            async with offline(tmp_path):
                pass
        other = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", OPEN, str(tmp_path / "car-1.queue")),
            env={"PYTHONPATH": str(ROOT / "src")},
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await other.communicate()
        assert b"QueueInUse" in said
    async with offline(tmp_path):
        pass


async def test_a_queue_belongs_to_its_machine(tmp_path: Path) -> None:
    async with offline(tmp_path):
        pass
    with pytest.raises(QueueUnreadable, match="belongs to 'car-1', not to 'car-2'"):
        await Disk.open(tmp_path / "car-1.queue", "car-2")


async def test_a_file_that_is_no_queue_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "car-1.queue").write_text("my diary " * 100)
    with pytest.raises(QueueUnreadable, match="no readable queue"):
        async with offline(tmp_path):
            pass
    assert (tmp_path / "car-1.queue").read_text().startswith("my diary")
    with pytest.raises(QueueUnreadable):
        Ledger(tmp_path / "car-1.queue")


async def test_a_queue_is_nobody_elses_to_read(tmp_path: Path) -> None:
    async with offline(tmp_path) as machine:
        await machine.signal({"speed": 1})
        assert modes(tmp_path) == {0o600}
        opened_copy(tmp_path)
    assert modes(tmp_path / "copy") == {0o644}
    async with offline(tmp_path / "copy"):
        assert modes(tmp_path / "copy") == {0o600}


def opened_copy(folder: Path) -> None:
    """What a killed process leaves, and somebody opened to all."""
    files = list(folder.iterdir())
    (folder / "copy").mkdir()
    for path in files:
        shutil.copy(path, folder / "copy")
        (folder / "copy" / path.name).chmod(0o644)


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_outside_of_async_with_nothing_is_taken(tmp_path: Path) -> None:
    machine = offline(tmp_path)
    with pytest.raises(Closed):
        await machine.signal({"speed": 1})
    async with machine:
        report = asyncio.create_task(machine.report("vehicle.repair", {}, event_id="r1"))
        await machine.signal({"speed": 1}, event_id="s1")
    with pytest.raises(Closed):
        await report
    assert {event for event, _ in ids(tmp_path)} == {"r1", "s1"}


async def test_an_error_undoes_its_own_changes_only(tmp_path: Path) -> None:
    disk = await Disk.open(tmp_path / "car-1.queue", "car-1")

    def insert(event: str, *, fail: bool) -> Any:
        def work(db: sqlite3.Connection) -> str:
            db.execute(
                "insert into event (id, topic, hash, content, queued_at) "
                "values (?, 'signals', '', '', '2026-01-01T00:00:00Z')",
                (event,),
            )
            if fail:
                raise LookupError(event)
            return event

        return work

    done = await asyncio.gather(
        disk.run(insert("s1", fail=False)),
        disk.run(insert("s2", fail=True)),
        disk.run(insert("s3", fail=False)),
        return_exceptions=True,
    )
    await disk.close()
    assert [str(one) for one in done] == ["s1", "s2", "s3"]
    assert isinstance(done[1], LookupError)
    assert [event for event, _ in ids(tmp_path)] == ["s1", "s3"]


async def test_a_full_disk_is_an_error_and_keeps_what_was_there(tmp_path: Path) -> None:
    async with offline(tmp_path) as machine:
        await machine.signal({"speed": 1}, event_id="s1")
        disk = machine._running.disk
        pages = await disk.run(lambda db: db.execute("pragma page_count").fetchone()[0])
        await disk.run(lambda db: db.execute(f"pragma max_page_count = {pages}").fetchall())
        with pytest.raises(sqlite3.OperationalError, match="full"):
            await machine.signal({"name": "x" * 100_000}, event_id="s2")
        await machine.signal({"speed": 1}, event_id="s1")
    assert ids(tmp_path) == [("s1", None)]


async def test_the_state_is_of_the_latest_signal_not_of_the_last_one_sent(tmp_path: Path) -> None:
    """What a machine catches up on does not make it forget how fast it is."""
    now = datetime.now(UTC)
    async with offline(tmp_path) as machine:
        await machine.signal({"speed": 80}, at=now)
        await machine.signal({"speed": 0}, at=now - timedelta(hours=1))
        assert machine.state == {"speed": 80}
        await machine.signal({"fuel": 5})
    assert machine.state == {"speed": 80, "fuel": 5}


async def test_an_inbox_that_nobody_empties_is_bounded(tmp_path: Path) -> None:
    disk = await Disk.open(tmp_path / "car-1.queue", "car-1")
    now = datetime.now(UTC)

    def fill(db: sqlite3.Connection) -> list[bool]:
        db.executemany(
            "insert into notice (id, body, first_at) values (?, '{}', '')",
            [(f"n{n}",) for n in range(inbox.MOST_OPEN - 1)],
        )
        db.executemany(
            "insert into command (id, body, first_at) values (?, '{}', '')",
            [(f"c{n}",) for n in range(inbox.MOST_OPEN - 1)],
        )
        taken = [inbox.take_notice(db, f"new{n}", {}, now).new for n in range(2)]
        taken += [inbox.take_command(db, f"new{n}", {}, now).new for n in range(2)]
        inbox.handled(db, "n0", now)
        return [*taken, inbox.take_notice(db, "n", {}, now).new]

    taken = await disk.run(fill)
    await disk.close()
    assert taken == [True, False, True, False, True]
