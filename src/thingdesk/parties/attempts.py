"""Guessing is slowed down, by name and by where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from thingdesk.parties import staff_store as store
from thingdesk.parties.passwords import digest
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal

FREE_BY_NAME, FREE_BY_SOURCE = 5, 50
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)
_MOST_DOUBLINGS = 5


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that may be made now; what came of it is to be told."""

    name: str
    _free: Mapping[str, int]
    _failures: Mapping[str, int]

    async def failed(self, tx: Transaction) -> None:
        beyond = {one: self._failures[one] + 1 - free for one, free in self._free.items()}
        await store.fail(tx, [(one, paused_until(more)) for one, more in beyond.items()])

    async def succeeded(self, tx: Transaction) -> None:
        await forgive(tx, self.name)


async def attempt(tx: Transaction, email: str, source: str) -> Attempt | Refusal:
    """Whether one may be made. After five failures of a name, or fifty from a source, each further
    one must wait: 30 s, then twice as long, up to 15 min.
    """
    now = clock.now()
    name = storable(email.lower())
    free = {of_name(name): FREE_BY_NAME, f"source {storable(source)}": FREE_BY_SOURCE}
    # the rows stay locked until the commit: guesses at one name cannot run side by side
    found = await store.attempt(tx, sorted(free), now)
    blocked = [until for _, until in found.values() if until and until > now]
    if blocked:
        return _throttled(max(blocked) - now)
    return Attempt(name, free, {one: failures for one, (failures, _) in found.items()})


async def forgive(tx: Transaction, email: str) -> None:
    """What failed with this address counts no more."""
    await store.forgive(tx, of_name(email))


def of_name(email: str) -> str:
    """What is counted for an address: its digest, so that the address is kept nowhere."""
    return f"name {digest(storable(email.lower())).hex()}"


def storable(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\0", "").strip()[:254]


def paused_until(beyond: int) -> datetime | None:
    """Until when to wait after a failure that is `beyond` the free ones."""
    if beyond < 0:
        return None
    pause = _FIRST_PAUSE * (1 << min(beyond, _MOST_DOUBLINGS))
    return clock.now() + min(pause, _LONGEST_PAUSE)


def _throttled(wait: timedelta) -> Refusal:
    seconds = max(1, round(wait.total_seconds()))
    return Refusal(
        "log_in_throttled",
        f"too many attempts have failed: try again in {seconds} seconds",
        Recovery.RETRY,
    )
