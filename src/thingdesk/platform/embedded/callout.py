"""Who may enter the embedded broker, and with which rights: its authorization call-out.

The broker asks for every connection that is not one of its own accounts. A machine's name, its
client id and the id that its token proves must be one: with another's client id a valid token
could take over that machine's session. The answer is signed with a key that the broker trusts.

Whoever has the name CLOCK needs no token, and may hear TIME alone: a machine that does not know the
time cannot sign a token yet. It may stay for seconds, so many may come in as many seconds, and its
client id is one of a hundred that no machine and no desk has: what the broker keeps of a session
stays as bounded, and nobody's session can be taken over but another one of CLOCK.
"""

import asyncio
import logging
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from thingdesk.platform.embedded.nkeys import Issuer, read_claims

ACCOUNT = "DESK"
DESK = "thingdesk.desk"  # no machine can have this name
ANSWER_WITHIN = 4.0

CLOCK = "td:clock"  # nor this one
TIME = "td/time"
CLOCK_STAYS = 8
CLOCKS_AT_ONCE = 64

UPWARD = ("signals", "reports", "acks", "results")
DOWNWARD = ("receipts", "notices", "commands")
# Where the broker itself delivers messages of quality 1. It lets no machine name such a topic, and
# the rest of the subject is random.
DELIVERY = "$MQTT.sub.>"

_CLOCK_CLIENT = re.compile(r"clock:[0-9]{2}")
_MACHINE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_TOKEN = 8192
_AT_ONCE = 64

_logger = logging.getLogger(__name__)

Verifier = Callable[[str, str, str], Awaitable[bool | str]]
OnRefused = Callable[[str, str], None]


class Callout:
    """Answers the broker. `verifier` gets machine id, token and client id, and returns True, or
    False or a reason for a refusal. `on_refused` hears each refusal with its reason.
    """

    def __init__(self, verifier: Verifier, on_refused: OnRefused) -> None:
        self.issuer = Issuer()
        self._verifier = verifier
        self._on_refused = on_refused
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._clocks: deque[float] = deque(maxlen=CLOCKS_AT_ONCE)

    async def answer(self, request: bytes) -> bytes:
        asked = read_claims(request)["nats"]
        given = asked["connect_opts"]
        machine = str(given.get("user", ""))
        knocks = asked["client_info"]
        client_id = str(knocks.get("mqtt_id", ""))
        # The rights that we grant do not bind a connection to MQTT: the broker overlooks that.
        if knocks.get("type") != "mqtt":
            refusal: str | None = "only MQTT is spoken here"
        elif machine == CLOCK:
            refusal = self._clock_refusal(client_id)
        else:
            refusal = await self._refusal(machine, str(given.get("pass", "")), client_id)
        verdict: dict[str, Any]
        if refusal is None:
            admit = self._clock_admission if machine == CLOCK else self._admission
            verdict = {"jwt": admit(asked["user_nkey"], machine)}
        else:
            self._on_refused(machine[:64], refusal)
            verdict = {"error": refusal}
        return self._signed(
            "authorization_response", asked["user_nkey"], asked["server_id"]["id"], verdict
        ).encode()

    async def _refusal(self, machine: str, token: str, client_id: str) -> str | None:
        """Why not; None when the machine may enter."""
        if not _MACHINE_ID.fullmatch(machine):
            return "the user name is no machine id"
        if client_id != machine:
            return f"the client id {client_id[:64]!r} is not the machine id"
        if not 0 < len(token) <= _LONGEST_TOKEN:
            return "the password is no token"
        verdict = await self._verdict(machine, token, client_id)
        return None if verdict is True else verdict or "the token does not prove this machine id"

    def _clock_refusal(self, client_id: str) -> str | None:
        if not _CLOCK_CLIENT.fullmatch(client_id):
            return f"the client id {client_id[:64]!r} is none of {CLOCK}"
        now = time.monotonic()
        if len(self._clocks) == CLOCKS_AT_ONCE and now - self._clocks[0] < CLOCK_STAYS:
            return "too many ask for the time at once"
        self._clocks.append(now)
        return None

    async def _verdict(self, machine: str, token: str, client_id: str) -> bool | str:
        try:
            async with asyncio.timeout(ANSWER_WITHIN), self._at_once:
                return await self._verifier(machine, token, client_id)
        except TimeoutError:
            return "the desk is too busy to check the token"
        except Exception:
            _logger.exception("the token of %s could not be checked", machine)
            return "the desk could not check the token"

    def _admission(self, subject: str, machine: str) -> str:
        rights = {
            "pub": {"allow": [f"td.{machine}.{word}" for word in UPWARD]},
            "sub": {"allow": [*(f"td.{machine}.{word}" for word in DOWNWARD), DELIVERY]},
            **dict.fromkeys(("subs", "data", "payload"), -1),
        }
        return self._signed("user", subject, ACCOUNT, rights, name=machine)

    def _clock_admission(self, subject: str, name: str) -> str:
        rights = {
            "pub": {"deny": [">"]},
            "sub": {"allow": [TIME.replace("/", ".")]},
            **dict.fromkeys(("subs", "data", "payload"), -1),
        }
        ends = int(time.time()) + CLOCK_STAYS
        return self._signed("user", subject, ACCOUNT, rights, name=name, exp=ends)

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
