"""What strikes, when and where: planned from a seed, so that it can be repeated."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.journeys.chaos.site import LEASE, Site

from thingdesk.platform.loops import first_of

KILL, PAUSE, CUT, SLOW, HOLD = "kill", "pause", "cut", "slow", "hold"
_OTHERS = (PAUSE, PAUSE, CUT, SLOW, HOLD)
_PAUSED = LEASE + 1.5
"""Longer than the lease."""
_DELAY = 0.05


@dataclass(frozen=True)
class Act:
    """After so many seconds this is done to `where`; what is no kill lasts `seconds`."""

    after: float
    what: str
    where: str
    seconds: float

    def __str__(self) -> str:
        lasts = "" if self.what in (KILL, CUT) else f" for {self.seconds:.1f} s"
        return f"{self.what} {self.where}{lasts}"


def plan(seed: int, kills: int, targets: Sequence[str], stretches: Sequence[str]) -> Iterator[Act]:
    """So many kills, each target as often as the others, and between them what is no kill."""
    chance = Random(seed)  # noqa: S311 - to be repeated
    bag: list[str] = []
    while kills:
        if chance.random() < 0.3:
            what = chance.choice(_OTHERS)
            where = chance.choice(targets if what == PAUSE else stretches)
        else:
            kills -= 1
            if not bag:
                bag = chance.sample(list(targets), len(targets))
            what, where = KILL, bag.pop()
        seconds = _PAUSED if what == PAUSE else chance.uniform(0.5, 3.0)
        yield Act(chance.uniform(0.3, 4.0), what, where, seconds)


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
