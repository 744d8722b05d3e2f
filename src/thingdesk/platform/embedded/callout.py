"""Who may enter the embedded broker, and with which rights: its authorization call-out.

The broker asks for every connection that is not one of its own accounts. The user name, the client
id and the id that the token proves must be one: with another's client id a valid token could take
over that one's session. The answer is signed with a key that the broker trusts.

A guest needs no token (see `access`). It may stay for seconds, so many may come in as many seconds,
and its client ids are few, which nobody else has: what the broker keeps of a session stays as
bounded, and nobody's session can be taken over but another guest's.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from thingdesk.platform.embedded.access import Access, Rights
from thingdesk.platform.embedded.nkeys import Issuer, read_claims

ACCOUNT = "DESK"
DESK = "thingdesk.desk"  # names have no dots
ANSWER_WITHIN = 4.0

GUEST_STAYS = 8
GUESTS_AT_ONCE = 64

# Where the broker itself delivers messages of quality 1. It lets nobody name such a topic, and the
# rest of the subject is random.
DELIVERY = "$MQTT.sub.>"

_LONGEST_TOKEN = 8192
_AT_ONCE = 64

_logger = logging.getLogger(__name__)

Verifier = Callable[[str, str, str], Awaitable[bool | str]]
OnRefused = Callable[[str, str], None]


class Callout:
    """Answers the broker. `verifier` gets name, token and client id, and returns True, or False or
    a reason for a refusal. `on_refused` hears each refusal with its reason.
    """

    def __init__(self, access: Access, verifier: Verifier, on_refused: OnRefused) -> None:
        self.issuer = Issuer()
        self._access = access
        self._verifier = verifier
        self._on_refused = on_refused
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._guests: deque[float] = deque(maxlen=GUESTS_AT_ONCE)

    async def answer(self, request: bytes) -> bytes:
        asked = read_claims(request)["nats"]
        given = asked["connect_opts"]
        name = str(given.get("user", ""))
        is_guest = name == self._access.guest.name
        knocks = asked["client_info"]
        client_id = str(knocks.get("mqtt_id", ""))
        # The rights that we grant do not bind a connection to MQTT: the broker overlooks that.
        if knocks.get("type") != "mqtt":
            refusal: str | None = "only MQTT is spoken here"
        elif is_guest:
            refusal = self._guest_refusal(client_id)
        else:
            refusal = await self._refusal(name, str(given.get("pass", "")), client_id)
        verdict: dict[str, Any]
        if refusal is None:
            admit = self._guest_admission if is_guest else self._admission
            verdict = {"jwt": admit(asked["user_nkey"], name)}
        else:
            self._on_refused(name[:64], refusal)
            verdict = {"error": refusal}
        return self._signed(
            "authorization_response", asked["user_nkey"], asked["server_id"]["id"], verdict
        ).encode()

    async def _refusal(self, name: str, token: str, client_id: str) -> str | None:
        """Why not; None when who says to be this may enter."""
        if not self._access.names.fullmatch(name):
            return "the user name is none that may enter"
        if client_id != name:
            return f"the client id {client_id[:64]!r} is not the user name"
        if not 0 < len(token) <= _LONGEST_TOKEN:
            return "the password is no token"
        verdict = await self._verdict(name, token, client_id)
        return None if verdict is True else verdict or "the token does not prove this name"

    def _guest_refusal(self, client_id: str) -> str | None:
        guest = self._access.guest
        if not guest.client_ids.fullmatch(client_id):
            return f"the client id {client_id[:64]!r} is none of {guest.name}"
        now = time.monotonic()
        if len(self._guests) == GUESTS_AT_ONCE and now - self._guests[0] < GUEST_STAYS:
            return "too many come in at once"
        self._guests.append(now)
        return None

    async def _verdict(self, name: str, token: str, client_id: str) -> bool | str:
        try:
            async with asyncio.timeout(ANSWER_WITHIN), self._at_once:
                return await self._verifier(name, token, client_id)
        except TimeoutError:
            return "the desk is too busy to check the token"
        except Exception:
            _logger.exception("the token of %s could not be checked", name)
            return "the desk could not check the token"

    def _admission(self, subject: str, name: str) -> str:
        return self._signed("user", subject, ACCOUNT, _claims(self._access.rights(name)), name=name)

    def _guest_admission(self, subject: str, name: str) -> str:
        claims = _claims(Rights((), self._access.guest.hears))
        claims["pub"] = {"deny": [">"]}  # an empty list would allow everything
        ends = int(time.time()) + GUEST_STAYS
        return self._signed("user", subject, ACCOUNT, claims, name=name, exp=ends)

    def _signed(
        self, kind: str, subject: str, audience: str, content: dict[str, Any], **more: str | int
    ) -> str:
        return self.issuer.sign(
            {
                "iss": self.issuer.name,
                "sub": subject,
                "aud": audience,
                "iat": int(time.time()),
                "jti": uuid4().hex,
                "nats": {"type": kind, "version": 2, **content},
                **more,
            }
        )


def _claims(rights: Rights) -> dict[str, Any]:
    return {
        "pub": {"allow": [_subject(one) for one in rights.publish]},
        "sub": {"allow": [*map(_subject, rights.subscribe), DELIVERY]},
        **dict.fromkeys(("subs", "data", "payload"), -1),
    }


def _subject(topic: str) -> str:
    """What the broker calls it."""
    return topic.replace("/", ".")
