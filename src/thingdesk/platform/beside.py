"""Work that nobody can end, beside the event loop: in a thread that no process waits for."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

_Made = TypeVar("_Made")


def beside(name: str, act: Callable[[], _Made]) -> "asyncio.Future[_Made]":
    """What `act` makes or raises, from a thread of this name. A process that ends does not wait for
    it, as it would for the threads of an executor. Who may give up waiting for it shields it.
    """
    loop = asyncio.get_running_loop()
    made: asyncio.Future[_Made] = loop.create_future()
    # nobody may be there any more to hear how it failed
    made.add_done_callback(lambda one: one.cancelled() or one.exception())

    def put(how: Callable[[Any], None], value: object) -> None:
        if not made.done():
            how(value)

    def answer(how: Callable[[Any], None], value: object) -> None:
        # there is no loop any more when the desk has stopped
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(put, how, value)

    def run() -> None:
        try:
            answer(made.set_result, act())
        except Exception as error:  # noqa: BLE001 - whoever asked is to hear it
            answer(made.set_exception, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return made
