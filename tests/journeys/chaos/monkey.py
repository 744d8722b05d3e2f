"""What strikes, when and where: planned from a seed, so that it can be repeated."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.journeys.chaos.site import LEASE, Site

from thingdesk.platform.loops import first_of

KILL, RESTART, PAUSE = "kill", "restart", "pause"
CUT, SLOW, HOLD = "cut", "slow", "hold"
AHEAD, BACK = "turn ahead", "turn back"
TO_TARGETS, TO_STRETCHES, TO_CLOCKS = (
    (KILL, KILL, RESTART, PAUSE),
    (CUT, SLOW, HOLD),
    (AHEAD, BACK),
)
_AT_ONCE = (KILL, RESTART, CUT)
_PAUSED = LEASE + 1.5
"""Longer than the lease."""
_DELAY = 0.05
TURNED = 40.0
"""Seconds by which a clock is turned: all that waits for a time is due, and tokens are refused.
What is written down for later while it is ahead comes later by as much.
"""


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


def plan(seed: int, kills: int, site: Site) -> Iterator[Act]:
    """So many kills, and between them what is none: in a random order each target is killed twice,
    restarted and paused, each stretch cut, slowed down and held up, each clock turned ahead and
    back, and so again. What was begun so is brought to its end.
    """
    chance = Random(seed)  # noqa: S311 - to be repeated
    deck: list[tuple[str, str]] = []
    while kills or deck:
        if not deck:
            deck = [(what, where) for what in TO_TARGETS for where in site.targets]
            deck += [(what, where) for what in TO_STRETCHES for where in site.stretches]
            deck += [(what, where) for what in TO_CLOCKS for where in site.clocks]
            chance.shuffle(deck)
        what, where = deck.pop()
        if what == KILL and not kills:
            continue
        kills -= what == KILL
        seconds = _PAUSED if what == PAUSE else chance.uniform(1.0, 3.0)
        yield Act(chance.uniform(0.3, 2.5), what, where, seconds)


async def let_loose(site: Site, acts: Iterator[Act], show: Callable[[str], None]) -> None:
    """Do all that; when this returns, nothing is stopped, slow, held up or
    wrong any more."""
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
    if act.what in TO_CLOCKS:
        site.clocks[act.where].turn(TURNED if act.what == AHEAD else -TURNED)
        await first_of(over, seconds=act.seconds)
        site.clocks[act.where].turn(0.0)
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
