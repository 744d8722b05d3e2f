"""What strikes, when and where: planned from a seed, so that it can be repeated."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.journeys.chaos.site import LEASE, Site

from thingdesk.platform.loops import first_of

KILL, RESTART, PAUSE = "kill", "restart", "pause"
CUT, SLOW, HOLD = "cut", "slow", "hold"
_TO_TARGETS, _TO_STRETCHES = (KILL, KILL, RESTART, PAUSE), (CUT, SLOW, HOLD)
_AT_ONCE = (KILL, RESTART, CUT)
_PAUSED = LEASE + 1.5
"""Longer than the lease."""
_DELAY = 0.05


@dataclass(frozen=True)
class Act:
    """After so many seconds this is done to `where`; what is not over at once lasts `seconds`."""

    after: float
    what: str
    where: str
    seconds: float

    def __str__(self) -> str:
        lasts = "" if self.what in _AT_ONCE else f" for {self.seconds:.1f} s"
        return f"{self.what} {self.where}{lasts}"


def plan(seed: int, kills: int, targets: Sequence[str], stretches: Sequence[str]) -> Iterator[Act]:
    """So many kills, and between them what is none: in a random order each target is killed twice,
    restarted and paused, something happens to each stretch, and so again.
    """
    chance = Random(seed)  # noqa: S311 - to be repeated
    deck: list[tuple[str, str]] = []
    while kills:
        if not deck:
            deck = [(what, where) for what in _TO_TARGETS for where in targets]
            deck += [(chance.choice(_TO_STRETCHES), where) for where in stretches]
            chance.shuffle(deck)
        what, where = deck.pop()
        kills -= what == KILL
        seconds = _PAUSED if what == PAUSE else chance.uniform(0.5, 3.0)
        yield Act(chance.uniform(0.3, 3.0), what, where, seconds)


async def let_loose(site: Site, acts: Iterator[Act], show: Callable[[str], None]) -> None:
    """Do all that; when this returns, nothing is stopped, slow or held up any more."""
    over = asyncio.Event()
    number = 0
    async with asyncio.TaskGroup() as group:
        for act in acts:
            await first_of(over, seconds=act.after)
            number += act.what == KILL
            show(f"{number:4} {act}")
            if act.what == KILL:
                await site.targets[act.where].kill()
            elif act.what == RESTART:
                await site.targets[act.where].restart()
            else:
                group.create_task(_for_a_while(site, act, over))


async def _for_a_while(site: Site, act: Act, over: asyncio.Event) -> None:
    if act.what == PAUSE:
        target = site.targets[act.where]
        target.pause()
        await first_of(over, seconds=act.seconds)
        target.wake()
        return
    stretch = site.stretches[act.where]
    if act.what == CUT:
        stretch.cut()
        return
    if act.what == SLOW:
        stretch.delay = _DELAY
    else:
        stretch.free.clear()
    await first_of(over, seconds=act.seconds)
    stretch.delay = 0.0
    stretch.free.set()
