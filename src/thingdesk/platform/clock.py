"""The only source of time. Everything asks `now()`; a test turns the clock instead of waiting."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


def system() -> datetime:
    """The computer's own clock, in UTC."""
    return datetime.now(UTC)


_source: Callable[[], datetime] = system


def now() -> datetime:
    """The current time, aware, in UTC."""
    return _source()


@contextmanager
def reading(source: Callable[[], datetime]) -> Iterator[None]:
    """Within the block `now()` reads `source`."""
    global _source  # noqa: PLW0603 - one clock for the whole process is the point
    previous, _source = _source, source
    try:
        yield
    finally:
        _source = previous


class Turnable:
    """A clock that runs like the computer's, and can be turned forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return system() + self._ahead

    def turn(self, by: timedelta) -> None:
        self._ahead += by
