"""A list in parts, for what must not become too long."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

One = TypeVar("One")


def parts(items: Iterable[One], size: Callable[[One], int], most: int) -> Iterator[list[One]]:
    """The items in their order, in parts of at most `most` together; what is larger by itself is a
    part of its own.
    """
    part: list[One] = []
    held = 0
    for one in items:
        more = size(one)
        if part and held + more > most:
            yield part
            part, held = [], 0
        part.append(one)
        held += more
    if part:
        yield part
