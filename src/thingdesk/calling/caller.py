import asyncio

from starlette.requests import Request

from thingdesk.access import Caller, Callers, Presented, Surface
from thingdesk.calling.soon import WITHIN
from thingdesk.intake import BUSY
from thingdesk.platform.errors import Recovery, Refused, refuse
from thingdesk.platform.quota import Left, Quota

_SCHEMES = ("bearer", "dpop")


class Calls:
    """Who calls at a `surface`, and whether there is room for one more call of theirs."""

    def __init__(self, callers: Callers, surface: Surface, quota: Quota) -> None:
        self.surface = surface
        self.quota = quota
        self._callers = callers

    @property
    def base(self) -> str:
        """The desk's own address."""
        return self._callers.base

    async def recognise(self, request: Request) -> Caller:
        """Who calls. Raises Refused."""
        authorizations, proofs = map(request.headers.getlist, ("authorization", "dpop"))
        if len(authorizations) > 1:
            raise refuse("token_unreadable", "send one Authorization header")
        if len(proofs) > 1:  # RFC 9449, 4.3: whoever looks before us may take the other one
            raise refuse("proof_unreadable", "send one proof in one header DPoP")
        scheme, _, token = "".join(authorizations).partition(" ")
        if scheme.lower() not in _SCHEMES or not token.strip():
            raise refuse("token_missing", "send Authorization: Bearer and a token of the machine")
        proof = proofs[0] if proofs else None
        # what a proof is made for is the desk's own address, whatever the request says of its host
        at = f"{self.base}{request.url.path}"
        shown = Presented(token.strip(), scheme.lower(), proof, request.method, at)
        try:
            # whoever is not recognised yet counts for nothing in what may be under way: while the
            # database stands still they must not become ever more
            async with asyncio.timeout(WITHIN):
                return await self._callers.recognise(shown, self.surface)
        except TimeoutError:
            raise Refused(BUSY) from None

    async def admit(self, request: Request) -> Caller:
        """The same, for calls that are counted: what is left of their number goes with the answer.
        Raises Refused, also when there were too many.
        """
        caller = await self.recognise(request)
        left: Left = self.quota.take(caller.machine)
        request.state.left = left
        if left.wait:
            words = f"too many calls of this machine; the next one may come in {left.wait} s"
            raise refuse("too_many_calls", words, Recovery.RETRY)
        return caller
