"""The desk's signed word: that it stored an event, and what time it is; and how it is checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc.errors import JoseError

from thingdesk_machine import signing

RECEIPT = "thingdesk-receipt+jwt"
TIME = "thingdesk-time+jwt"
ISSUER = "thingdesk"


@dataclass(frozen=True)
class Receipt:
    """Proof that the desk holds one event.

    `case` is the case it belongs to, where there is one; `outcome` is the answer of an instant
    service, or with a `case` how that was refused a moment ago; `signed` is the compact JWS that
    proves all of it, also for the other events of its message. Whoever passes on what a
    report came to says its `hops`; 0 of anything else.
    """

    event: str
    hash: str
    at: datetime
    case: str | None
    outcome: Any
    signed: str
    hops: int = 0


class Forged(Exception):
    """It proves nothing; the message says why."""


class DeskKeys:
    """The desk's public keys, as the maker got them on a trusted way."""

    def __init__(self, keys: Iterable[Mapping[str, Any]]) -> None:
        imported = [signing.read_key(key) for key in keys]
        self._keys = {key.kid or key.thumbprint(): key for key in imported}
        if not self._keys:
            raise ValueError("without a key of the desk no receipt can be checked")

    def check(self, signed: str, machine: str) -> list[Receipt]:
        """The receipts in a compact JWS. Raises Forged."""
        try:
            claims = self._claims(signed, RECEIPT)
            if claims["sub"] != machine:
                raise Forged("it was not issued for this machine")
            at = datetime.fromtimestamp(claims["iat"], UTC)
            return [
                Receipt(
                    str(event["id"]),
                    str(event["hash"]),
                    at,
                    event.get("case"),
                    event.get("outcome"),
                    signed,
                    int(event.get("hops", 0)),
                )
                for event in claims["events"]
            ]
        except (JoseError, ValueError, KeyError, TypeError, OverflowError, OSError) as error:
            raise Forged(f"{type(error).__name__}: {error}") from error

    def time(self, signed: str) -> datetime:
        """What time it was at the desk when it signed this. Raises Forged."""
        try:
            return datetime.fromtimestamp(self._claims(signed, TIME)["iat"], UTC)
        except (JoseError, ValueError, KeyError, TypeError, OverflowError, OSError) as error:
            raise Forged(f"{type(error).__name__}: {error}") from error

    def _claims(self, signed: str, kind: str) -> dict[str, Any]:
        header = signing.header(signed)
        if header.get("typ") != kind:
            raise Forged(f"its typ is {header.get('typ')!r}, not {kind!r}")
        key = self._keys.get(str(header.get("kid")))
        if key is None:
            raise Forged("its key is none of the desk's")
        claims: dict[str, Any] = signing.verify(signed, key)
        if claims["iss"] != ISSUER:
            raise Forged("it was not issued by a desk")
        return claims
