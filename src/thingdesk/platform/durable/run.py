"""A run as its code sees it: recorded steps, and waits that survive a crash."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.durable.model import Changed, Look, Message, Row, Suspended

_GRACE = timedelta(seconds=30)
"""After the time that a look has: then it is lost with its process, and begins again."""
_ELSEWHERE = "nothing can be asked of a run while it looks elsewhere: do so before or after"
Function = Callable[["Run"], Awaitable[None]]


class Run:
    """Hands the code of a run its recorded past, and records what is new.

    A step's work and its record commit together with all that the run does up to its next wait.
    Steps and waits must come in the same order whenever the code runs again.
    """

    def __init__(self, tx: Transaction, row: Row) -> None:
        self._tx: Transaction | None = tx
        self._row = row
        self._next = 0

    @property
    def tx(self) -> Transaction:
        """The transaction of the batch. Raises RuntimeError once the run was put down."""
        if self._tx is None:
            raise RuntimeError(_ELSEWHERE)
        return self._tx

    def put_down(self) -> None:
        """Its code was left, for now or for good: what it handed out cannot use it any more."""
        self._tx = None

    @property
    def id(self) -> UUID:
        return self._row.id

    @property
    def input(self) -> Any:
        return self._row.input

    @property
    def epoch(self) -> int:
        """Counts the times that a worker took the run up."""
        return self._row.epoch

    @property
    def position(self) -> int:
        """The number of the next step."""
        return self._next

    @property
    def replaying(self) -> bool:
        """Whether the next step has been recorded already."""
        if self._tx is None:
            raise RuntimeError(_ELSEWHERE)
        return self._next < len(self._row.journal)

    async def step(self, name: str, action: Callable[[], Awaitable[Any]]) -> Any:
        """The result of `action`, which happens once; later the recorded result is returned."""
        if self.replaying:
            return self._recorded(name)
        return self._record(name, await action())

    async def now(self) -> datetime:
        """The time at which the run first came here."""

        async def read() -> str:
            return clock.now().isoformat()

        return datetime.fromisoformat(await self.step("now", read))

    async def wait(self, *keys: str, until: datetime | None = None) -> Message | None:
        """The first message under one of `keys`; None once `until` has passed without one."""
        name = "wait " + " ".join(keys)
        if self.replaying:
            answer = self._recorded(name)
            return Message(*answer) if answer else None
        for key in keys:
            if key in self._row.messages:
                value = self._record(name, [key, self._row.messages[key]])
                return Message(*value)
        if until is not None and until <= clock.now():
            self._record(name, None)
            return None
        self._row.wake_at = until
        self._row.waits_for = keys
        raise Suspended

    async def outside(self, name: str, act: Callable[[], Awaitable[Any]], within: timedelta) -> Any:
        """The result of `act`, as plain data, which is called once the batch has committed, with no
        transaction open. The run waits for it; what it raises, or that it took longer than
        `within`, is a failure of the run. Its result is recorded once; it may be called more often,
        after a crash for example.
        """
        if self.replaying:
            return self._recorded(name)
        key = f"look:{self._next}"
        if key in self._row.messages:
            return self._record(name, self._row.messages[key])
        self._row.look = Look(key, act, within)
        self._row.wake_at = clock.now() + within + _GRACE
        self._row.waits_for = (key,)
        raise Suspended

    def _recorded(self, name: str) -> Any:
        recorded, result = self._row.journal[self._next]
        if recorded != name:
            raise Changed(
                f"step {self._next} of run {self.id} ({self._row.code}) was {recorded!r} and is "
                f"now {name!r}: give the changed code a new version, and keep the old for old runs;"
                " or it does other things each time (random, the clock): use `journey.now`, `look`"
            )
        self._next += 1
        return result

    def _record(self, name: str, result: Any) -> Any:
        # default=str: the UUIDs that asyncpg returns are a subclass, which orjson does not know
        plain = orjson.loads(orjson.dumps(result, default=str))
        self._row.journal.append([name, plain])
        self._next += 1
        return plain
