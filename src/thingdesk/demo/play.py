"""From the first process to the last."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from thingdesk.demo.desk import Known, make_known, part_of, reached, start_desk
from thingdesk.demo.later import Later
from thingdesk.demo.plan import Machine, Plan, as_data
from thingdesk.demo.records import read_records
from thingdesk.demo.stage import DemoError, Player
from thingdesk.demo.tally import Tally, tally
from thingdesk.platform import clock
from thingdesk.platform.loops import first_of

FOLDERS = ("logs", "keys", "queues", "notes", "world", "desk")
_LEAD = timedelta(seconds=1.5)
_LONGEST = 100.0
_QUIET_WITHIN = 30.0
_LOOK_EVERY = 0.5
_LOOK_LATER_EVERY = 2.0
_OWNERS = 6
"""How many owners share a process."""


@dataclass
class Play:
    """The desk and all who deal with it. `known` is there once the desk is."""

    plan: Plan
    folder: Path
    desk: Player
    players: list[Player] = field(default_factory=list)
    known: Known | None = None
    began: float = field(default_factory=time.monotonic)

    async def begin(self) -> Known:
        """Everybody at their place, and the first second of the plan soon. Raises DemoError."""
        await self._start_players()
        facts = await reached(self.desk, self.folder)
        known = self.known = await make_known(facts, self.folder, self.plan)
        begin = (clock.now() + _LEAD).isoformat()
        common = {**part_of(known, self.folder), "begin": begin}
        for player, part in zip(self.players, self._parts(known), strict=True):
            player.begin({**common, **part})
        return known

    def tally(self) -> Tally:
        """What has come of it so far. Raises DemoError when somebody is gone."""
        for player in (self.desk, *self.players):
            if player.has_ended:
                raise player.complain()
        return tally(self.plan, read_records(self.folder, self.plan))

    async def until_over(self, show: Callable[[Tally], None], stop: asyncio.Event) -> None:
        """Show how it goes until all is at its end, or it takes too long, or `stop` is set."""
        end = time.monotonic() + _LONGEST
        while not stop.is_set() and time.monotonic() < end:
            now = await asyncio.to_thread(self.tally)
            show(now)
            if all(story.ended for story in now.stories):
                return
            await first_of(stop, seconds=_LOOK_EVERY)

    async def quiet(self) -> Tally:
        """Nobody begins anything, all that was begun is through: the count of that moment. What is
        not through within half a minute is counted as it is.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_QUIET_WITHIN):
                await asyncio.gather(*(player.quiet() for player in self.players))
        return await asyncio.to_thread(self.tally)

    async def go_on(self, show: Callable[[Tally], None], stop: asyncio.Event) -> None:
        """The fleet goes on driving, and now and then something breaks, until `stop` is set.
        Raises DemoError when somebody is gone.
        """
        for player in self.players:
            player.go_on()
        later = Later(tuple(one for one in self.plan.machines if one.kind == "car"))
        while not stop.is_set():
            now = await asyncio.to_thread(self.tally)
            show(now)
            if due := later.due(now):
                machine, fault = due
                self._player_of(machine).tell(
                    json.dumps({"machine": machine.id, "fault": asdict(fault)})
                )
            await first_of(stop, seconds=_LOOK_LATER_EVERY)

    def _player_of(self, machine: Machine) -> Player:
        groups = list(self.plan.groups.values())
        return self.players[next(n for n, group in enumerate(groups) if machine in group)]

    async def _start_players(self) -> None:
        names = [(name, "machines") for name in self.plan.groups]
        names += [(one.name, "providers") for one in self.plan.providers]
        names += [(f"owners-{n + 1}", "owners") for n in range(len(_shared(self.plan)))]
        for name, module in names:
            log = self.folder / "logs" / f"{name.replace(' ', '-')}.log"
            player = await Player.start(name, log, (f"thingdesk.demo.{module}",), {})
            self.players.append(player)

    def _parts(self, known: Known) -> list[dict[str, Any]]:
        """In the order of the players."""
        parts: list[dict[str, Any]] = [
            {"machines": [as_data(machine) for machine in group]}
            for group in self.plan.groups.values()
        ]
        parts += [
            {
                "name": one.name,
                "manner": one.manner,
                "port": known.ports[one.name],
                "secret": known.secrets[one.name],
            }
            for one in self.plan.providers
        ]
        parts += [{"owners": says} for says in _shared(self.plan)]
        return parts


@asynccontextmanager
async def playing(plan: Plan, folder: Path) -> AsyncIterator[Play]:
    """A desk that starts, and nobody left at the end of the block, however that comes."""
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o700)
    play = Play(plan, folder, await start_desk(folder))
    try:
        yield play
    finally:
        await asyncio.gather(*(player.end() for player in play.players))
        await play.desk.end_desk()


def _shared(plan: Plan) -> list[dict[str, str]]:
    """Which owners share a process, each with what they say."""
    owners = [(one.email, one.says) for one in plan.owners]
    return [dict(owners[n : n + _OWNERS]) for n in range(0, len(owners), _OWNERS)]


__all__ = ["DemoError", "Play", "playing"]
