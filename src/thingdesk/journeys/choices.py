"""What an owner or staff is asked. Pure but for the options that are looked up when it is asked."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from thingdesk.journeys.context import Context


@dataclass(frozen=True, slots=True)
class Alternative:
    """One answer that can be given: `words` are shown, `value` (plain JSON) is what the journey
    gets.
    """

    id: str
    words: str
    value: Any


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with its alternatives, which `find` looks up when it is asked; 12 at most are
    shown.

    `read` makes what the journey gets from an alternative's value, which is plain JSON.
    """

    words: str
    find: Callable[[Context], Awaitable[Iterable[Alternative]]]
    read: Callable[[Any], Any] = lambda value: value


def choose(words: str, **alternatives: str) -> Choice:
    """A question with fixed answers: `choose("Stop now?", stop="Stop", go_on="Go on")`. The
    journey gets the name of the one that was chosen: `stop`.
    """
    fixed = [Alternative(name, shown, name) for name, shown in alternatives.items()]

    async def find(_: Context) -> Sequence[Alternative]:
        return fixed

    return Choice(words, find)
