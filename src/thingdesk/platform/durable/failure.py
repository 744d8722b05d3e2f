"""What is said of a run that failed: the error, and the line of its own code that it came from."""

import inspect
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from thingdesk.platform.database import Transaction
from thingdesk.platform.durable.model import AtLine
from thingdesk.platform.durable.run import Function
from thingdesk.platform.logs import without_secrets

_MOST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Failure:
    """`error` is its type and message, bounded and without what looks like a secret; `where` is
    file and line in the code of the run's author, empty when the error did not come from there.
    """

    kind: str
    error: str
    where: str

    @property
    def words(self) -> str:
        return f"{self.error} ({self.where})" if self.where else self.error

    @property
    def sign(self) -> str:
        """What two failures of the same cause have in common, whatever their messages say."""
        return f"{self.kind} {self.where}"


class Turn(StrEnum):
    """A run fails in a way that it did not before; is stuck; goes on again."""

    FAILS = "fails"
    STUCK = "stuck"
    GOES_ON = "goes_on"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is to be told of a run; `failure` is None when it goes on again."""

    run: UUID
    code: str
    input: Any
    turn: Turn
    failure: Failure | None = None


Tell = Callable[[Transaction, Trouble], Awaitable[None]]


async def untold(_: Transaction, __: Trouble) -> None:
    """For an engine that tells nobody."""


def failure_of(error: Exception, function: Function) -> Failure:
    """What `error` says, and where in the file of `function`, or of what it wraps, or in the
    folder of that file it came from.
    """
    kind = type(error).__name__
    message = " ".join(without_secrets(str(error)).split())
    words = f"{kind}: {message}" if message else kind
    if len(words) > _MOST_WORDS:
        words = f"{words[: _MOST_WORDS - 1]}…"
    written = Path(inspect.unwrap(function).__code__.co_filename)
    return Failure(kind, words, _where(error, written))


def _where(error: Exception, written: Path) -> str:
    if isinstance(error, AtLine):
        file, line = error.at
        return f"{_short(Path(file))}:{line}"
    frames = list(_frames(error))
    own = [one for one in frames if Path(one.filename) == written]
    near = own or [one for one in frames if Path(one.filename).parent == written.parent]
    return f"{_short(Path(near[-1].filename))}:{near[-1].lineno}" if near else ""


def _frames(error: BaseException) -> Iterator[traceback.FrameSummary]:
    """The cause's before those of what was raised from it."""
    if error.__cause__ is not None:
        yield from _frames(error.__cause__)
    yield from traceback.extract_tb(error.__traceback__)


def _short(file: Path) -> str:
    """As it is imported: without the folder that the path of the interpreter names."""
    folders = [Path(one) for one in sys.path if one and file.is_relative_to(one)]
    longest = max(folders, key=lambda one: len(one.parts), default=file.parent)
    return str(file.relative_to(longest))
