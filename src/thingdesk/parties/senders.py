from typing import Self

from thingdesk.parties.check_token import check_tokens
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused, refuse
from thingdesk.platform.gather import Gatherer

_LONGEST = 4096


class Senders:
    """Says who calls. Open it (`async with`) before the first call; those that come in the same
    few milliseconds are recognised by one look at the keys.
    """

    def __init__(self, database: Database) -> None:
        self._gatherer: Gatherer[str, str | Refused] = Gatherer(
            database, check_tokens, kind="tokens"
        )

    async def __aenter__(self) -> Self:
        await self._gatherer.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._gatherer.__aexit__(*details)

    async def recognise(self, token: str) -> str:
        """The id of the machine whose token this is, as `check_tokens` says. Raises Refused."""
        if len(token) > _LONGEST:  # what waits for the database is kept
            raise refuse("token_unreadable", f"a token has {_LONGEST} characters at most")
        found = await self._gatherer.put(token)
        if isinstance(found, Refused):
            raise found
        return found
