"""A recording goes through real MQTT, as if its machines were there now."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from thingdesk import parties
from thingdesk.platform.database import Database
from thingdesk.replay.feed import Sent, feed
from thingdesk.replay.fleet import identities_in, register
from thingdesk.replay.recorded import Recorded, Unreadable
from thingdesk.replay.recordings import Place, kind, read
from thingdesk.replay.runs import find_run
from thingdesk.replay.standstill import Standstill
from thingdesk.replay.times import in_sending_order
from thingdesk_machine import Identity, Machine, Options, QueueInUse

_CONNECTS_WITHIN = 30.0
_TOLD_WITHIN = 15.0


class ReplayError(Exception):
    """The recordings cannot be replayed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to replay and how: `speed` None is as fast as receipts come, and with a `patience` of
    so many seconds the recording stands still while a case of its machines is worked on.
    `near` is about where they were, for coordinates that are damaged.
    """

    files: Sequence[Path]
    desk: str
    speed: float | None = 1.0
    patience: float = 10.0
    again: bool = False
    near: Place | None = None


@dataclass(slots=True)
class Loaded:
    """The rows to send, in the file's order, their machines with kind and key, and the damage."""

    queues: Path
    rows: list[Recorded] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    unreadable: list[tuple[Path, Unreadable]] = field(default_factory=list)


def load(folder: Path, wanted: Wanted) -> Loaded:
    """Read the files that are wanted. Raises ReplayError, UnknownRecordingError and OSError."""
    queues = folder / "queues"
    queues.mkdir(mode=0o700, parents=True, exist_ok=True)
    loaded = Loaded(queues)
    for file in wanted.files:
        found = list(read(file, wanted.near))
        loaded.unreadable += [(file, row) for row in found if isinstance(row, Unreadable)]
        run = find_run(folder, file, again=wanted.again)
        rows = run.of(row for row in found if isinstance(row, Recorded))
        machines = {row.machine for row in rows}
        if twice := machines & loaded.kinds.keys():
            names = ", ".join(sorted(twice))
            raise ReplayError(f"{file}: {names} is in another file too: replay one after the other")
        loaded.rows += rows
        loaded.kinds |= dict.fromkeys(machines, kind(file))
    loaded.identities = identities_in(folder / "keys", loaded.kinds)
    return loaded


async def replay(
    database: Database,
    wanted: Wanted,
    loaded: Loaded,
    *,
    progress: Callable[[int], None],
    warn: Callable[[str], None],
) -> Sent:
    """Send what was loaded, until the desk has it. Raises Refused and ReplayError."""
    await register(database, loaded.kinds, loaded.identities)
    async with database.transaction() as tx:
        keys = (await parties.desk_key(tx)).public_jwks
    due = in_sending_order(loaded.rows)
    in_real_time = wanted.speed is not None and wanted.speed <= 1
    patience = 0.0 if in_real_time else wanted.patience
    still = Standstill(database, sorted(loaded.identities), patience, warn)
    options = Options(limit=max(len(due), 1), ledger=max(len(due), 1))
    machines = {
        name: Machine(
            identity=identity,
            desk=wanted.desk,
            queue=loaded.queues / f"{name}.queue",
            desk_keys=keys,
            options=options,
        )
        for name, identity in loaded.identities.items()
    }
    async with _open(machines, wanted.desk):
        sent = await feed(machines, due, wanted.speed, still.wait, progress)
        if not await still.told(_TOLD_WITHIN):
            warn("The desk has not answered all yet: more may come of it.")
        return sent


@asynccontextmanager
async def _open(machines: Mapping[str, Machine], desk: str) -> AsyncIterator[None]:
    """All machines connected, and hearing what they are told."""
    async with AsyncExitStack() as stack:
        try:
            for machine in machines.values():
                await stack.enter_async_context(machine)
            async with asyncio.timeout(_CONNECTS_WITHIN):
                await asyncio.gather(*(machine.connected() for machine in machines.values()))
        except QueueInUse:
            raise ReplayError("These machines are being replayed already.") from None
        except TimeoutError:
            raise ReplayError(f"{desk} cannot be reached: is the desk up?") from None
        listening = [asyncio.create_task(_listen(machine)) for machine in machines.values()]
        try:
            yield
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)


async def _listen(machine: Machine) -> None:
    """Acknowledge what the machine is told, as a recording has nothing to do about it."""
    async for _ in machine.notices():
        pass
