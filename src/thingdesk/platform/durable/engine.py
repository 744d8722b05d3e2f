"""The worker: takes due runs in batches, each batch one transaction.

The rows stay locked while the batch runs, and the server ends the session of a worker that falls
silent for longer than the lease: its runs fall to another worker, and its commit cannot happen.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

from thingdesk.platform import clock, logs, traces
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.durable import store
from thingdesk.platform.durable.failure import Tell, Trouble, Turn, untold
from thingdesk.platform.durable.failures import Failures
from thingdesk.platform.durable.held import Held, watched
from thingdesk.platform.durable.looking import CHANNEL, Looks
from thingdesk.platform.durable.model import Row, State, Suspended
from thingdesk.platform.durable.run import Function, Run
from thingdesk.platform.gather import DURATION, ITEMS
from thingdesk.platform.loops import each, repeat

_MOST_RETRIED = 1_000
_APART = timedelta(milliseconds=50)
SWEEP = "durable_sweep"
_EVERY = 0.5
_log = logging.getLogger(__name__)


_KIND = "runs"


class Engine:
    """Runs what is due, for the functions that this process knows by their code.

    `about` says of a run's input what log lines and spans of the run are about. `tell` is called in
    the transaction that notes it when a run fails in a way that it did not before, when it is
    stuck, and when it goes on after that.
    """

    def __init__(
        self,
        database: Database,
        functions: Mapping[str, Function],
        *,
        lease: float = 10.0,
        batch: int = 50,
        about: Callable[[Any], Mapping[str, object]] = lambda _: {},
        tell: Tell = untold,
    ) -> None:
        self._about = about
        self._tell = tell
        self._failures = Failures(database, functions, lease, about, tell)
        self.looks = Looks(database, functions, self._failures.note)
        self._database = database
        self._functions = functions
        self._lease = lease
        self._batch = batch
        self._most = batch

    async def work(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; a batch under way is finished. What is stuck is tried once
        more: with the code that there is now it may go on.
        """
        await each(self._database, [self._retry_stuck], self._lease)
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat(self._database, CHANNEL, self.once, stop, every=_EVERY))
            group.create_task(
                repeat(self._database, SWEEP, self.sweep, stop, every=self._lease / 2)
            )
        await self.looks.end()

    async def _retry_stuck(self, tx: Transaction) -> int:
        codes, now = list(self._functions), clock.now()
        tried = await store.retry_stuck(tx, codes, now, _MOST_RETRIED, _APART)
        if tried:
            _log.warning("%d runs are stuck: each is tried once more", tried)
        return tried

    async def sweep(self) -> int:
        """End sessions of workers that were paused while they read: to the server these are not
        idle, so the lease alone does not end them.
        """
        async with self._database.transaction() as tx:
            ended = await store.sweep(tx, timedelta(seconds=self._lease))
        if ended:
            _log.warning("ended %d sessions of workers that stopped in the middle", ended)
        return 0

    async def once(self) -> int:
        """Run one batch; how many runs it took."""
        now = asyncio.get_running_loop().time
        began, rows = now(), list[Row]()
        try:
            async with self._transaction() as tx:
                rows = await self._claim(tx, self._most)
                await self._run(tx, rows)
        except Exception as error:  # noqa: BLE001 - whatever one run raised, the others go on
            why = error
        else:
            self._most = min(self._batch, self._most * 2)
            self.looks.begin(rows)
            if rows:
                ITEMS.record(len(rows), _KIND)
                DURATION.record(now() - began, _KIND)
            return len(rows)
        # not in the handler: what fails there would be logged with this error, too
        for row in rows:
            if row.held is not None:  # once more would hold up all others once more
                await self._failures.note(row, row.held)
                return len(rows)
        return await self._one_by_one(why)

    async def _one_by_one(self, why: Exception) -> int:
        """After this the next batch is half as large, in case this one took longer than a lease."""
        done, failed, most = 0, 0, self._most
        self._most = max(1, most // 2)
        while done < most and (went_well := await self._one()) is not None:
            done += 1
            failed += not went_well
        if not failed:  # else it was said of the run that failed
            _log.warning("a batch of runs failed, and none of them alone", exc_info=why)
        return done

    def _transaction(self) -> AbstractAsyncContextManager[Transaction]:
        return self._database.transaction(idle_limit=self._lease)

    async def _claim(self, tx: Transaction, most: int) -> list[Row]:
        return await store.claim(tx, list(self._functions), most)

    async def _run(self, tx: Transaction, rows: list[Row]) -> None:
        await tx.together(self._advance(tx, row) for row in rows)
        for row in rows:
            if row.told is not None and row.look is None:
                await self._tell(tx, Trouble(row.id, row.code, row.input, Turn.GOES_ON))
        if rows:
            await tx.flush()
            await store.save(tx, rows)

    async def _one(self) -> bool | None:
        """Run the next one: whether that went well; None when nothing is due."""
        rows: list[Row] = []
        try:
            async with self._transaction() as tx:
                rows = await self._claim(tx, 1)
                await self._run(tx, rows)
        except Exception as error:
            if not rows:
                raise
            # how the transaction ended then is no news
            await self._failures.note(rows[0], rows[0].held or error)
            return False
        self.looks.begin(rows)
        return True if rows else None

    async def _advance(self, tx: Transaction, row: Row) -> None:
        row.wake_at, row.waits_for = None, ()
        facts = self._about(row.input)
        with (
            logs.about(run=row.id, **facts),
            traces.span("drive", code=row.code, run=row.id, **facts),
        ):
            run = Run(tx, row)
            function = self._functions[row.code]
            try:
                await watched(function(run), row.code, function, self._lease)
            except Suspended:
                return
            except Held as held:
                row.held = held
                raise
            finally:
                run.put_down()
        row.state = State.ENDED


def start(tx: Transaction, run_id: UUID, code: str, data: object, *, priority: int) -> None:
    """Begin a run of `code` when this transaction commits."""
    store.start(tx, run_id, code, data, priority)
    tx.notify(CHANNEL)


def send(tx: Transaction, run_id: UUID, key: str, value: object) -> None:
    """Put a message to a run; the first one under a key counts, repeats change nothing."""
    store.send(tx, run_id, key, value)
    tx.notify(CHANNEL)


async def stop(tx: Transaction, run_ids: Sequence[UUID]) -> None:
    """End runs where they stand, stuck ones too. A batch that has one of them under way is waited
    for; after that nothing of them happens any more.
    """
    await store.stop(tx, run_ids, clock.now())


async def retry(tx: Transaction, run_ids: Sequence[UUID]) -> list[UUID]:
    """Try runs again that are stuck, or failed and wait for their next attempt, from now on and as
    often as new ones; which of these they were.
    """
    tried = await store.retry(tx, run_ids, clock.now())
    if tried:
        tx.notify(CHANNEL)
    return tried


async def drop(tx: Transaction, runs: Sequence[UUID]) -> None:
    """Let go of runs at once, with all that they were given and came to; of those that ended."""
    await store.drop(tx, runs)
