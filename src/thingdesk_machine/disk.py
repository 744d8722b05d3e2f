"""The file behind the queue: one thread owns it, and one commit serves all who wait for it.

`synchronous = FULL`: a commit is on the disk, not in the kernel's memory, before `run` returns.
What a machine reports often happens just before its power goes, so a promise that only survives
the death of the process would be worth little. The price is one flush a commit, which is why
commits are shared.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from thingdesk_machine import private
from thingdesk_machine.errors import Closed, QueueInUse, QueueUnreadable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

VERSION = 1
SCHEMA = (Path(__file__).parent / "queue.sql").read_text(encoding="utf-8")


@dataclass
class _Waiting:
    work: Work[Any]
    future: "asyncio.Future[Any]"


class Disk:
    """Runs work on the queue's file, in the order it was asked for, many in one commit."""

    def __init__(
        self, thread: ThreadPoolExecutor, lock: sqlite3.Connection, file: sqlite3.Connection
    ) -> None:
        self._thread = thread
        self._lock = lock
        self._file = file
        self._waiting: list[_Waiting] = []
        self._flush: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(cls, path: str | Path, machine: str) -> Self:
        """Raises QueueInUse and QueueUnreadable."""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="thingdesk-queue")
        loop = asyncio.get_running_loop()
        try:
            lock, file = await loop.run_in_executor(thread, _open, Path(path), machine)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(thread, lock, file)

    async def run(self, work: Work[T]) -> T:
        """What `work` returns, once it is on disk; an error of it undoes its own changes only."""
        if self._closed:
            raise Closed("the queue is closed")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(work, loop.create_future())
        self._waiting.append(waiting)
        if self._flush is None or self._flush.done():
            self._flush = loop.create_task(self._flush_all())
        result: T = await waiting.future
        return result

    async def _flush_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            together, self._waiting = self._waiting, []
            works = [waiting.work for waiting in together]
            outcomes = await loop.run_in_executor(self._thread, _commit, self._file, works)
            for waiting, outcome in zip(together, outcomes, strict=True):
                if waiting.future.done():  # its caller was cancelled; the work is done all the same
                    continue
                if isinstance(outcome, _Failed):
                    waiting.future.set_exception(outcome.error)
                else:
                    waiting.future.set_result(outcome)

    async def close(self) -> None:
        self._closed = True
        if self._flush is not None:
            await self._flush
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._release)
        self._thread.shutdown(wait=False)  # nothing is left for it to do

    def _release(self) -> None:
        self._file.close()
        self._lock.close()


@dataclass(frozen=True)
class _Failed:
    error: Exception


def _commit(file: sqlite3.Connection, works: list[Work[Any]]) -> list[Any]:
    try:
        file.execute("begin immediate")
        outcomes = [_attempt(file, work) for work in works]
        file.execute("commit")
    except sqlite3.Error as error:
        # the disk is full or gone: nobody may believe that anything was kept
        if file.in_transaction:
            file.execute("rollback")
        return [_Failed(error)] * len(works)
    return outcomes


def _attempt(file: sqlite3.Connection, work: Work[Any]) -> Any:
    file.execute("savepoint one")
    try:
        outcome = work(file)
    except Exception as error:  # noqa: BLE001 - it is raised again where it was asked for
        file.execute("rollback to one")
        outcome = _Failed(error)
    file.execute("release one")
    return outcome


def _open(path: Path, machine: str) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    lock = _lock(path.with_name(path.name + ".lock"))
    try:
        return lock, _file(path, machine)
    except BaseException:
        lock.close()
        raise


def _lock(path: Path) -> sqlite3.Connection:
    """SQLite's own lock: it works on every system and ends with the process, however it ends."""
    private.make(path)
    lock = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("begin exclusive")
    except sqlite3.OperationalError as error:
        lock.close()
        raise QueueInUse(
            f"{path.with_suffix('')} is open already: a queue belongs to one Machine at a time"
        ) from error
    return lock


def _file(path: Path, machine: str) -> sqlite3.Connection:
    private.make(path)
    for beside in ("-wal", "-shm"):
        private.close(path.with_name(path.name + beside))
    file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        file.execute("pragma journal_mode = wal")
        file.execute("pragma synchronous = full")
        _prepare(file, machine)
    except sqlite3.DatabaseError as error:
        file.close()
        raise QueueUnreadable(f"{path} is no readable queue: {error}") from error
    except BaseException:
        file.close()
        raise
    return file


def _prepare(file: sqlite3.Connection, machine: str) -> None:
    version = file.execute("pragma user_version").fetchone()[0]
    if version == 0:
        file.executescript(f"begin; {SCHEMA} pragma user_version = {VERSION}; commit;")
    elif version != VERSION:
        raise QueueUnreadable(f"the queue has format {version}, this library reads {VERSION}")
    file.execute(
        "insert into owner (machine) select ? where not exists (select 1 from owner)", (machine,)
    )
    (owner,) = file.execute("select machine from owner").fetchone()
    if owner != machine:
        raise QueueUnreadable(f"the queue belongs to {owner!r}, not to {machine!r}")
