"""Registering a hook: its address is tried before anything is told there."""

import ssl
from collections.abc import Sequence

import orjson

from thingdesk import access, hooks, parties
from thingdesk.access import Caller
from thingdesk.dialogue import Dialogue
from thingdesk.hooks import Hook, NewHook
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused
from thingdesk.platform.outward import End, Names, Network, make_http, post, sign

# shorter than what a caller waits for its answer
_WITHIN = 3.0
_MOST_CASES = 1000


class Registrar:
    """Registers hooks of callers. `allowed` are private networks that may be called."""

    def __init__(
        self,
        database: Database,
        dialogue: Dialogue,
        *,
        allowed: Sequence[Network] = (),
        names: Names | None = None,
    ) -> None:
        self._database = database
        self._dialogue = dialogue
        self._allowed = allowed
        self._names = names or Names()
        self._trusted = ssl.create_default_context()

    async def register(self, caller: Caller, asked: NewHook) -> Hook:
        """A hook at an address that took a signed test message, told from now on what happens to
        the caller's cases, those under way among them, until what the caller calls by ends. Raises
        Refused.
        """
        if asked.case_id:
            await self._dialogue.case(caller, asked.case_id)
        async with self._database.transaction() as tx:
            hook = await hooks.make(tx, asked)
        await self._try(hook)
        async with self._database.transaction() as tx:
            # an opening of a case that does not see the hook has ended then
            await parties.hold(tx, [caller.machine])
            await hooks.register(tx, hook)
            # what the caller calls by may have ended while the address was tried
            (still,) = await access.again(tx, [caller])
            if isinstance(still, Refused):
                raise still
            one = [asked.case_id] if asked.case_id else None
            theirs = one or await self._dialogue.under_way(tx, caller, _MOST_CASES)
            await hooks.follow_from_now(tx, hook, theirs)
        return hook

    async def _try(self, hook: Hook) -> None:
        url, now = hook.asked.url, clock.now()
        told = {"type": "hook.registered", "timestamp": now.isoformat()}
        body = orjson.dumps({**told, "data": {"hook": str(hook.id)}})
        headers = sign(hook.secret, str(hook.id), now, body)
        headers["content-type"] = "application/json"
        async with make_http(self._trusted, _WITHIN) as http:
            attempt = await post(
                http,
                url,
                headers,
                body,
                names=self._names,
                allowed=self._allowed,
                limit=_WITHIN,
            )
        if attempt.end is End.HOPELESS:
            raise hooks.forbidden(attempt.problem)
        if attempt.end is not End.TAKEN:
            raise hooks.not_verified(attempt.problem)
