"""What becomes of a run that failed: tried again after a while, or stuck; told once."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from thingdesk.platform import clock, logs
from thingdesk.platform.database import Database
from thingdesk.platform.durable import store
from thingdesk.platform.durable.failure import Failure, Tell, Trouble, Turn, failure_of
from thingdesk.platform.durable.held import Held
from thingdesk.platform.durable.model import Changed, Row, State
from thingdesk.platform.durable.run import Function
from thingdesk.platform.metrics import Counter
from thingdesk.platform.pool import is_passing

MOST_FAILURES = 8
"""After so many in a row a run is stuck."""
_PAUSE = timedelta(seconds=1)
_FAILED = Counter(
    "thingdesk.run.failures", "Attempts to drive a run that failed; it is tried again.", "code"
)
_log = logging.getLogger(__name__)


class Failures:
    """Notes failures, for one engine."""

    def __init__(
        self,
        database: Database,
        functions: Mapping[str, Function],
        lease: float,
        about: Callable[[Any], Mapping[str, object]],
        tell: Tell,
    ) -> None:
        self._database = database
        self._functions = functions
        self._lease = lease
        self._about = about
        self._tell = tell

    async def note(self, row: Row, error: Exception) -> None:
        """A failure is told when it is not that of the last attempt, and so is that the run is
        stuck. What passes by itself, like a deadlock, is told only if it does not pass.
        """
        failure = failure_of(error, self._functions[row.code])
        stuck = row.failures + 1 >= MOST_FAILURES or isinstance(error, Changed | Held)
        new = failure.sign != row.told
        with logs.about(run=row.id, **self._about(row.input)):
            words = "is stuck" if stuck else "failed, and is tried again"
            cause = error if new else None
            _log.error("run %s (%s) %s: %s", row.id, row.code, words, failure.words, exc_info=cause)
        _FAILED.add(1, row.code)
        passing = is_passing(error) and not stuck
        told = None
        if (new and not passing) or (stuck and row.failures < MOST_FAILURES):
            turn = Turn.STUCK if stuck else Turn.FAILS
            told = Trouble(row.id, row.code, row.input, turn, failure)
        sign = row.told if passing else failure.sign
        try:
            await self._write(row, failure, sign, stuck, told)
        except Exception:
            if told is None:
                raise
            # what cannot be told must not come again at once
            _log.exception("what run %s failed with could not be told", row.id)
            await self._write(row, failure, row.told, stuck, None)

    async def _write(
        self, row: Row, failure: Failure, sign: str | None, stuck: bool, told: Trouble | None
    ) -> None:
        failures = MOST_FAILURES if stuck else row.failures + 1
        state = State.STUCK if stuck else State.ACTIVE
        wake_at = None if stuck else clock.now() + _PAUSE * 2**row.failures
        async with self._database.transaction(idle_limit=self._lease) as tx:
            now = (failures, failure.words, sign, state.value, wake_at)
            if await store.fail(tx, row, *now) and told:
                await self._tell(tx, told)
