from collections.abc import Sequence
from typing import Self

from thingdesk import parties
from thingdesk.access.model import Caller, Presented, Surface
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused, refuse
from thingdesk.platform.gather import Gatherer

_LONGEST = 4096


class Callers:
    """Says who calls. Open it (`async with`) before the first call; those that come in the same
    few milliseconds are recognised together. `base` is the desk's own address.
    """

    def __init__(self, database: Database, base: str) -> None:
        self.base = base.rstrip("/")
        self._gatherer: Gatherer[tuple[Presented, Surface], Caller | Refused] = Gatherer(
            database, self._recognise, kind="callers"
        )

    async def __aenter__(self) -> Self:
        await self._gatherer.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._gatherer.__aexit__(*details)

    async def recognise(self, presented: Presented, surface: Surface) -> Caller:
        """Who calls at `surface`. A machine's own short token is good at each of them. Raises
        Refused, its code beginning with `token_` or `proof_`.
        """
        if len(presented.token) > _LONGEST:  # what waits for the database is kept
            raise refuse("token_unreadable", f"a token has {_LONGEST} characters at most")
        found = await self._gatherer.put((presented, surface))
        if isinstance(found, Refused):
            raise found
        return found

    async def _recognise(
        self, tx: Transaction, asked: Sequence[tuple[Presented, Surface]]
    ) -> list[Caller | Refused]:
        return await _by_own_key(tx, [presented for presented, _ in asked])


async def _by_own_key(tx: Transaction, shown: Sequence[Presented]) -> list[Caller | Refused]:
    """Machines by the tokens that they signed themselves."""
    found = await parties.check_tokens(tx, [one.token for one in shown])
    now = clock.now()
    known = sorted({one for one in found if isinstance(one, str)})
    owned = await parties.ownerships_of(tx, [(one, now) for one in known]) if known else []
    owners = {one.machine: one.owner_id for one in owned if one}
    return [one if isinstance(one, Refused) else Caller(one, owners.get(one)) for one in found]
