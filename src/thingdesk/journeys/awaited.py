"""A verb that is called without `await` does nothing, and Python tells too late: here it fails."""

import inspect
import sys
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar

from thingdesk.platform.durable import AtLine

Thing = TypeVar("Thing", bound="Author")
_Called = tuple[Coroutine[Any, Any, Any], str, tuple[str, int]]


class ForgottenAwait(AtLine):
    """A verb was called and not awaited: nothing of it happened."""

    def __init__(self, verb: str, at: tuple[str, int]) -> None:
        super().__init__(f"`{verb}` was called without await, and did nothing: await it there", at)


class Author:
    """What an author of services calls verbs on."""

    def __init__(self) -> None:
        self._called: _Called | None = None
        self._forgotten: ForgottenAwait | None = None

    def check_awaited(self) -> None:
        """Raises ForgottenAwait for a verb that was called and has not begun."""
        if self._called is not None:
            coroutine, verb, at = self._called
            if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                coroutine.close()
                self._forgotten = ForgottenAwait(verb, at)
            self._called = None
        if self._forgotten is not None:  # whatever the author made of it when it was raised first
            raise self._forgotten

    def called(self, coroutine: object) -> str | None:
        """The name of the verb that was called last, if this is what it gave."""
        return self._called[1] if self._called and self._called[0] is coroutine else None

    def _calls(self, called: _Called) -> None:
        self._called = called


def verbs(thing: type[Thing]) -> type[Thing]:
    """Let each coroutine method of a class tell when it is called and not awaited: at the next
    one, or at the end.
    """
    for name, method in list(vars(thing).items()):
        if inspect.iscoroutinefunction(method) and not name.startswith("_"):
            setattr(thing, name, _verb(name, method))
    return thing


def _verb(
    name: str, method: Callable[..., Coroutine[Any, Any, Any]]
) -> Callable[..., Coroutine[Any, Any, Any]]:
    @wraps(method)
    def call(self: Author, *given: Any, **named: Any) -> Coroutine[Any, Any, Any]:
        self.check_awaited()
        coroutine = method(self, *given, **named)
        frame = sys._getframe(1)  # noqa: SLF001 - the line of the author, at the price of nothing
        self._calls((coroutine, name, (frame.f_code.co_filename, frame.f_lineno)))
        return coroutine

    return call
