"""Guessing is slowed down, by account and by where it comes from, and bounded for each day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from thingdesk.parties import staff_store as store
from thingdesk.parties.browsers import Browser
from thingdesk.parties.passwords import digest
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.platform.senders import region_of

_FREE, _FREE_FROM_SOURCE, _FREE_A_DAY = 5, 50, 200
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
        over = clock.now() + timedelta(days=1)
        pauses = [
            (one, paused_until(more) if one != _today(self.name) else over if more >= 0 else None)
            for one, more in beyond.items()
        ]
        await store.fail(tx, pauses)

    async def succeeded(self, tx: Transaction) -> None:
        await forgive(tx, self.name)


async def attempt(
    tx: Transaction, email: str, source: str, browser: Browser | None = None
) -> Attempt | Refusal:
    """Whether one may be made. After five failures with an address from a network, or fifty from a
    source, each further one must wait: 30 s, then twice as long, up to 15 min. From everywhere
    there are 200 a day. A `browser` that has logged in with this address before is counted by
    itself: five failures, and then the same pauses.
    """
    now = clock.now()
    name = storable(email.lower())
    free = {
        f"{_of(name)}from {storable(region_of(source))}": _FREE,
        f"source {storable(source)}": _FREE_FROM_SOURCE,
        _today(name): _FREE_A_DAY,
    }
    if browser is not None and await _has_it(tx, browser, name):
        free = {f"{_of(name)}in {browser.id}": _FREE}
    # the rows stay locked until the commit: guesses at one name cannot run side by side
    found = await store.attempt(tx, sorted(free), now)
    blocked = [until for _, until in found.values() if until and until > now]
    if blocked:
        return _throttled(max(blocked) - now)
    return Attempt(name, free, {one: failures for one, (failures, _) in found.items()})


async def _has_it(tx: Transaction, browser: Browser, name: str) -> bool:
    known = await store.by_email(tx, name)
    return known is not None and known[0].id == browser.staff_id


async def forgive(tx: Transaction, email: str) -> None:
    """No pause is left of what failed with this address; how many may in a day stays as it is."""
    await store.forgive_all(tx, _of(storable(email.lower())))


async def forget(tx: Transaction, email: str) -> None:
    """Nothing of what failed with this address counts any more."""
    await forgive(tx, email)
    await store.forgive_all(tx, _in_a_day(storable(email.lower())))


def _of(name: str) -> str:
    """What the subjects begin with that are counted for an address: its digest, so that the address
    is kept nowhere.
    """
    return f"name {digest(name).hex()} "


def _in_a_day(name: str) -> str:
    return f"day {digest(name).hex()} "


def _today(name: str) -> str:
    return f"{_in_a_day(name)}{clock.now():%Y-%m-%d}"


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
