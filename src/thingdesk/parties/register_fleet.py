from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from thingdesk.parties import machine_store as store
from thingdesk.parties.fleet_file import Form, Line, read_fleet
from thingdesk.parties.model import BadLine, NewMachine
from thingdesk.parties.register import conflicts, put
from thingdesk.platform.database import Database

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Registered:
    """How many machines of a file are new, were changed, were there just so; how many lines bad."""

    new: int
    changed: int
    unchanged: int
    bad: int


async def register_fleet(
    database: Database,
    file: BinaryIO,
    form: Form,
    *,
    report: Callable[[BadLine], None],
    progress: Callable[[int], None] = lambda _: None,
) -> Registered:
    """Register the machines of a file: the good lines are kept, each bad one goes to `report`.

    Batches of 500 commit for themselves; after each one `progress` is told the bytes read so far.
    The same file again changes nothing, also after it was broken off in the middle. Raises
    Refused when the first line makes the whole file unreadable.
    """
    counts = Counter[str]()
    counted = _Counted(file)
    lines = _once(read_fleet(counted, form))
    while batch := list(islice(lines, _BATCH)):
        good = [(number, one) for number, one in batch if isinstance(one, NewMachine)]
        bad = [one for _, one in batch if isinstance(one, BadLine)]
        bad += await _commit(database, good, counts)
        counts["bad"] += len(bad)
        for one in sorted(bad, key=lambda one: one.line):
            report(one)
        progress(counted.bytes)
    return Registered(counts["new"], counts["changed"], counts["unchanged"], counts["bad"])


async def _commit(
    database: Database, good: list[tuple[int, NewMachine]], counts: Counter[str]
) -> list[BadLine]:
    async with database.transaction() as tx:
        await store.lock_registration(tx)
        problems = await conflicts(tx, [one for _, one in good])
        fitting = [one for at, (_, one) in enumerate(good) if at not in problems]
        done = await put(tx, fitting)
    counts.update(new=len(done.new), changed=len(done.changed), unchanged=len(done.unchanged))
    return [BadLine(good[at][0], f"{good[at][1].id}: {why}") for at, why in problems.items()]


def _once(lines: Iterable[Line]) -> Iterator[Line]:
    """Only the first line of an id: two that differ would change the machine at each reading."""
    first: dict[str, int] = {}
    for number, one in lines:
        if isinstance(one, NewMachine) and first.setdefault(one.id, number) != number:
            yield number, BadLine(number, f"{one.id} is on line {first[one.id]} already")
        else:
            yield number, one


class _Counted:
    """Counts what is read, which a pipe cannot tell."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.bytes = 0

    def readline(self, most: int) -> bytes:
        line = self._file.readline(most)
        self.bytes += len(line)
        return line
