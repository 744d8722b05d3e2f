"""Whether an event is new, comes again, or has the id of another one."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


class Arrival(StrEnum):
    """What became of an event: stored, known already, or its id was used for something else."""

    NEW = "new"
    REPEATED = "repeated"
    REUSED_ID = "reused_id"


def arrivals(
    events: Iterable[tuple[Key, bytes]],
    new: Collection[Key],
    known: Mapping[Key, bytes],
) -> list[Arrival]:
    """Of each event of a group, given by key and hash. The keys in `new` had not been there before
    this group, and their first event is new; `known` are the hashes of the other keys.
    """
    first: dict[Key, bytes] = {}
    found = []
    for key, digest in events:
        if key in new and key not in first:
            first[key] = digest
            found.append(Arrival.NEW)
        elif digest == first.get(key, known.get(key)):
            found.append(Arrival.REPEATED)
        else:
            found.append(Arrival.REUSED_ID)
    return found
