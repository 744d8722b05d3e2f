"""What platforms say, given to intake; and staff told of machines that nobody registered."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import orjson

from thingdesk import journeys, parties
from thingdesk.channels.platforms.model import Heard, Map, NotTaken, Said, Source
from thingdesk.channels.platforms.translate import translate
from thingdesk.flow import Flow
from thingdesk.intake import Intake, Refusing, Settled
from thingdesk.parties import MACHINE_ID, DeskKey
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.platform.loops import repeat
from thingdesk.platform.sparing import SparingLog, printable

_UNKNOWN = "machine_not_recognised"
_NO_ID = Refusal(_UNKNOWN, "what the map makes of it is no machine's id", Recovery.CONTACT_US)
_NO_MACHINE = Settled(refused=(Refusing(None, _NO_ID),))
_MOST_NAMES = 100
_SHOWN = 10
_EVERY = 60.0
_log = SparingLog(logging.getLogger(__name__))

Done = Callable[[list[NotTaken]], None]


class Taking:
    """Translates what is heard and has it stored. `intake` hears whom platforms vouch for."""

    def __init__(self, database: Database, flow: Flow, key: DeskKey, by: Map) -> None:
        self.map = by
        self.intake = Intake(database, flow, key, known=parties.vouched)
        self._database = database
        self._strangers: dict[Source, Counter[str]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Tell staff of strangers until `stop` is set."""
        await repeat(self._database, "strangers", self.tell_strangers, stop, every=_EVERY)

    async def take(self, heard: Heard) -> tuple[int, list[NotTaken]]:
        """How much machines said by this, and why what of it was not stored."""
        told: asyncio.Future[list[NotTaken]] = asyncio.get_running_loop().create_future()
        said = self.hand_in(heard, told.set_result)
        return said, await told

    def hand_in(self, heard: Heard, done: Done) -> int:
        """The same; `done` hears of the refusals once all of it was stored or refused."""
        said = translate(heard, self.map)
        self._hand_in(heard.source, said, done)
        return len(said)

    def _hand_in(self, source: Source, said: Sequence[Said], done: Done) -> None:
        left, refused = len(said), list[NotTaken]()
        if not left:
            done(refused)

        def settled(machine: str, became: Settled) -> None:
            nonlocal left
            left -= 1
            for one in became.refused:
                refused.append(NotTaken(machine[:64], one.refusal))
                self._note(source, machine, one.refusal)
            if not left:
                done(refused)

        for one in said:
            if not MACHINE_ID.fullmatch(one.machine):
                settled(one.machine, _NO_MACHINE)
                continue
            payload = orjson.dumps(one.event)
            self.intake.hand_in(one.machine, one.kind, payload, partial(settled, one.machine))

    def _note(self, source: Source, machine: str, refusal: Refusal) -> None:
        if refusal.code == _UNKNOWN:
            names = self._strangers.setdefault(source, Counter())
            if machine in names or len(names) < _MOST_NAMES:
                names[machine[:64]] += 1
        _log.warning(f"{source}: {machine[:64]} was refused: {refusal.reason}")

    async def tell_strangers(self) -> int:
        """Staff hear which machines a platform speaks of that the desk does not know: once an
        hour for each platform.
        """
        found, self._strangers = self._strangers, {}
        for source, names in found.items():
            shown = ", ".join(printable(one) or "(no name)" for one, _ in names.most_common(_SHOWN))
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            words = (
                f"{source} speaks of machines that are not registered here: {shown}{more}. What it"
                " says of them is not kept. Register them, or name them in the map's [machines]."
            )
            async with self._database.transaction() as tx:
                await journeys.note_mistake(tx, "platform.strangers", source, words)
        return 0


def again(refused: Sequence[NotTaken]) -> bool:
    """Whether the desk could not take it now, and may later; not what one machine has too much of,
    for that is to slow down nobody but itself.
    """
    why = [one.refusal for one in refused]
    return any(one.recovery is Recovery.RETRY and one.code != "too_much_at_once" for one in why)
