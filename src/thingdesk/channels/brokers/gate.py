"""Who may enter a broker of others, and what they may do there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Self, TypeVar

from thingdesk import access, parties, topics
from thingdesk.access import Callers, Presented, Surface
from thingdesk.channels.brokers.certificate import key_of
from thingdesk.parties import MACHINE_ID
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.embedded import GUEST_STAYS
from thingdesk.platform.errors import Refused
from thingdesk.platform.gather import Gatherer
from thingdesk.platform.sparing import SparingLog
from thingdesk.topics import Does

SESSION = timedelta(hours=1)
"""So long a session lasts at a broker that ends it by itself: a machine connects again then."""

# brokers give up after five seconds, and take no answer for none
_WITHIN = 4.0
# what waits for the database is bounded: who comes then is told no, and tries again
_AT_ONCE = 256
_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class Says(Enum):
    """`OTHERS`: it is none of the desk's; whoever the broker asks next may know."""

    YES = "yes"
    NO = "no"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Word:
    """What the desk says, why not, and how long an entry lasts."""

    says: Says
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Knock:
    """What somebody shows at the broker's door."""

    name: str
    client_id: str
    password: str = ""
    certificate: str = ""


_OTHERS = Word(Says.OTHERS)


class Gate:
    """Decides for brokers. Open it (`async with`) before the first question."""

    def __init__(self, database: Database, callers: Callers) -> None:
        self._callers = callers
        self._holders: Gatherer[str, str | None] = Gatherer(
            database, parties.holders, kind="certificates"
        )
        self._known: Gatherer[str, bool] = Gatherer(database, _known, kind="rights")
        self._refusals = SparingLog(_log)
        self._under_way = 0

    async def __aenter__(self) -> Self:
        await self._holders.__aenter__()
        await self._known.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._known.__aexit__(*details)
        await self._holders.__aexit__(*details)

    async def enter(self, knock: Knock) -> Word:
        """Whether who knocks may enter: a machine with its token or the certificate of its key, by
        its id as name and as client id; or a guest that asks for the time.
        """
        if knock.name == topics.CLOCK:
            return self._guest(knock)
        if not MACHINE_ID.fullmatch(knock.name):
            return _OTHERS
        try:
            known = await self._soon(partial(self._recognise, knock))
        except Refused as refused:
            if refused.refusal.code == "token_unreadable":
                return _OTHERS  # a password of somebody whom another one knows
            return self._no(knock.name, refused.refusal.reason)
        except TimeoutError:
            return self._no(knock.name, "the desk is too busy to look who it is")
        return self._entered(knock, *known)

    def _guest(self, knock: Knock) -> Word:
        if topics.ACCESS.guest.client_ids.fullmatch(knock.client_id):
            return Word(Says.YES, until=clock.now() + timedelta(seconds=GUEST_STAYS))
        return self._no(knock.name, "its client id is none of a guest")

    def _entered(self, knock: Knock, known: str | None, ends: datetime | None) -> Word:
        if known is None:
            return _OTHERS
        if known != knock.name:
            return self._no(knock.name, "what it shows is another machine's")
        if knock.client_id != knock.name:
            return self._no(knock.name, "its client id is not its name")
        until = clock.now() + SESSION
        return Word(Says.YES, until=min(until, ends) if ends else until)

    async def may(self, name: str, client_id: str, does: Does, topic: str) -> Word:
        """Whether who entered by this name may do this; the key counts as it is now, and so does
        what a machine without one was given.
        """
        allowed = topics.may(name, does, topic)
        if allowed is None:
            return _OTHERS
        if not allowed:
            return Word(Says.NO, "the topic is not its own")
        if name != topics.CLOCK and (why := await self._why_not(name, client_id)):
            return self._no(name, why)
        return Word(Says.YES)

    async def _why_not(self, name: str, client_id: str) -> str:
        if client_id != name:
            return "its client id is not its name"
        try:
            known = await self._soon(partial(self._known.put, name))
        except TimeoutError:
            return "the desk is too busy to look at its rights"
        return "" if known else "it is not registered, or its key or what it was given was revoked"

    async def _recognise(self, knock: Knock) -> tuple[str | None, datetime | None]:
        """Who it is, and when that is over by which it enters."""
        if knock.password:
            presented = Presented(knock.password)
            caller = await self._callers.recognise(presented, Surface.MQTT)
            return caller.machine, caller.mandate.terms.ends if caller.mandate else None
        x = key_of(knock.certificate)
        return await self._holders.put(parties.thumbprint(x)) if x else None, None

    async def _soon(self, work: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Raises TimeoutError when it takes too long, or too many wait already."""
        if self._under_way >= _AT_ONCE:
            raise TimeoutError
        self._under_way += 1
        try:
            async with asyncio.timeout(_WITHIN):
                return await work()
        finally:
            self._under_way -= 1

    def _no(self, name: str, reason: str) -> Word:
        self._refusals.warning(f"a broker was told no to {name[:64]}: {reason}")
        return Word(Says.NO, reason)


async def _known(tx: Transaction, machines: Sequence[str]) -> list[bool]:
    asked = sorted(set(machines))
    good = await parties.recognised(tx, asked)
    good |= set(await access.by_grant(tx, [one for one in asked if one not in good], Surface.MQTT))
    return [one in good for one in machines]
