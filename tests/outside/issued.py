"""Tokens that a real desk gives: by pairing, under a mandate, for one surface."""

from dataclasses import dataclass

import httpx
from tests.access.making import FLOW, Asking, details
from tests.parties.making import Signing

from thingdesk import access, parties
from thingdesk.access import Surface
from thingdesk.access.tokens import ASSERTION, DEVICE, EXCHANGE
from thingdesk.mandates import Terms
from thingdesk.platform import clock
from thingdesk.platform.database import Database

Said = dict[str, str]


@dataclass
class Asks:
    """A machine that asks the desk at `base` for tokens, with its own key."""

    machine: Signing
    base: str

    async def begin(self, surface: Surface, terms: Terms) -> Said:
        """What it shows its owner, who is to allow `terms`."""
        wanted = {"resource": surface.at(self.base), "authorization_details": details(terms)}
        return await self._ask("/oauth/device_authorization", **wanted)

    async def collect(self, shown: Said) -> Said:
        """Its token, or why there is none yet."""
        code = shown["device_code"]
        return await self._ask("/oauth/token", grant_type=DEVICE, device_code=code)

    async def pass_on(self, token: str, terms: Terms, surface: Surface) -> Said:
        """A narrower token."""
        return await self._ask(
            "/oauth/token",
            grant_type=EXCHANGE,
            subject_token=token,
            subject_token_type="urn:ietf:params:oauth:token-type:access_token",
            resource=surface.at(self.base),
            authorization_details=details(terms),
        )

    async def _ask(self, where: str, **form: str) -> Said:
        assertion = Asking(self.machine.machine, self.machine.key).assertion(aud=self.base)
        proven = {"client_assertion_type": ASSERTION, "client_assertion": assertion}
        async with httpx.AsyncClient(base_url=self.base, timeout=30) as http:
            said: Said = (await http.post(where, data={**proven, **form})).json()
        return said


async def issued(
    database: Database, base: str, machine: Signing, surface: Surface, terms: Terms
) -> str:
    """A token for `surface` of the desk at `base`, once the machine's owner has said yes."""
    asks = Asks(machine, base)
    shown = await asks.begin(surface, terms)
    async with database.transaction() as tx:
        owned = await parties.ownership_of(tx, machine.machine, clock.now())
        waiting = await access.pending(tx, shown["user_code"])
        assert owned
        assert waiting
        await access.confirm(tx, FLOW, waiting.id, owned.owner_id, waiting.asks)
    return (await asks.collect(shown))["access_token"]
