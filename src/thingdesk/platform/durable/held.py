"""Code of authors that waits without `await`: nothing else in its process goes on meanwhile.

A thread beside the event loop looks at it from time to time. So what never lets go is told, too,
with its line; and a process that was stopped as a whole, and so did not look, blames nobody.
"""

import inspect
import logging
import math
import sys
import threading
import traceback
import types
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from thingdesk.platform.durable.model import AtLine

_EVERY = 0.25
_TOLD_AFTER = 4
"""Looks: a second."""
_MEND = (
    "what is elsewhere belongs in `await journey.look(what, act)`, and what has no await there in"
    " `await asyncio.to_thread(…)`; an instant service can ask nothing elsewhere"
)
_log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Held(AtLine):
    """Code held up all others for longer than its run may be silent."""

    def __init__(self, seconds: float, at: tuple[str, int]) -> None:
        super().__init__(f"it held up the whole desk for {seconds:g} s at that line: {_MEND}", at)


@dataclass(slots=True, eq=False)
class _Step:
    """What runs from one await to the next, and how often it was looked at meanwhile."""

    code: str
    function: Callable[..., Any]
    looks: int = 0
    at: tuple[str, int] | None = None

    @property
    def seconds(self) -> float:
        return self.looks * _EVERY


class _Watch:
    """One for the process; a thread has one step at a time."""

    def __init__(self) -> None:
        self._steps: dict[int, _Step] = {}
        self._thread: threading.Thread | None = None

    def enter(self, step: _Step) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, name="held", daemon=True)
            self._thread.start()
        self._steps[threading.get_ident()] = step

    def leave(self) -> None:
        del self._steps[threading.get_ident()]

    def _look_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(_EVERY):
            for thread, step in list(self._steps.items()):
                step.looks += 1
                if step.looks == _TOLD_AFTER:
                    _tell(step, sys._current_frames().get(thread))  # noqa: SLF001 - no other way


_watch = _Watch()


@types.coroutine
def watched(
    act: Awaitable[Result],
    code: str,
    function: Callable[..., Any],
    most: float = math.inf,
) -> Generator[Any, Any, Result]:
    """What `act` comes to; it is the code of `function`, which is named `code`. When it holds up
    the loop for a second, its line is in the log; raises Held when it did for more seconds than
    `most`.
    """
    coroutine = act if isinstance(act, types.CoroutineType) else _wait_for(act)
    resume: Callable[[Any], Any] = coroutine.send
    value: Any = None
    while True:
        try:
            awaited = _step(_Step(code, function), most, resume, value)
        except StopIteration as end:
            result: Result = end.value
            return result
        except Held:
            with suppress(RuntimeError):  # whatever its `finally` blocks wait for
                coroutine.close()
            raise
        try:
            value = yield awaited
            resume = coroutine.send
        except BaseException as error:  # noqa: BLE001 - as `await` does, it goes on into the act
            value, resume = error, coroutine.throw


async def _wait_for(act: Awaitable[Result]) -> Result:
    return await act


def _step(step: _Step, most: float, resume: Callable[[Any], Any], value: Any) -> Any:
    _watch.enter(step)
    try:
        return resume(value)
    finally:
        _watch.leave()
        if step.seconds > most:
            raise Held(step.seconds, step.at or _first_line(step.function))


def _tell(step: _Step, frame: types.FrameType | None) -> None:
    step.at = _line(frame, Path(_first_line(step.function)[0]))
    file, line = step.at or _first_line(step.function)
    words = "%s has held up the whole desk for %g s, at %s:%d: %s"
    _log.warning(words, step.code, step.seconds, file, line, _MEND)


def _line(frame: types.FrameType | None, written: Path) -> tuple[str, int] | None:
    """The innermost line of the author's file, else of one beside it."""
    lines = [(one.f_code.co_filename, line) for one, line in traceback.walk_stack(frame)]
    own = [one for one in lines if Path(one[0]) == written]
    near = own or [one for one in lines if Path(one[0]).parent == written.parent]
    return near[0] if frame and near else None


def _first_line(function: Callable[..., Any]) -> tuple[str, int]:
    code = inspect.unwrap(function).__code__
    return code.co_filename, code.co_firstlineno
