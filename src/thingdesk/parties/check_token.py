"""Who is calling: the machine's own short token, against the keys as they are now."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from thingdesk.parties import key_store as store
from thingdesk.parties import signatures
from thingdesk.parties.model import MachineKey
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, Refused, refuse

AUDIENCE = "thingdesk"
LONGEST_LIFE = 600
_LEEWAY = 30


async def check_tokens(tx: Transaction, tokens: Sequence[str]) -> list[str | Refused]:
    """For each token the id of the machine that signed it with a key of its own that is not
    revoked, or why not.

    A token is a compact JWS with EdDSA; its header names the key by `kid`, its claims are `iss`
    and `sub` (the machine), `aud` (thingdesk), `iat` and `exp` (at most ten minutes later). The
    keys are read within `tx`, so that a revocation counts from its commit on.
    """
    named = [_key_id(token) for token in tokens]
    keys = await store.get_many(tx, sorted({kid for kid in named if isinstance(kid, str)}))
    return [
        kid if isinstance(kid, Refused) else _check(token, keys.get(kid))
        for token, kid in zip(tokens, named, strict=True)
    ]


def _key_id(token: str) -> str | Refused:
    try:
        return signatures.key_id(token)
    except signatures.Unreadable as error:
        return _unreadable(error)


def _check(token: str, key: MachineKey | None) -> str | Refused:
    if key is None:
        words = "the token's kid is no registered key: register the machine's key first"
        return refuse("token_key_unknown", words, Recovery.CONTACT_US)
    try:
        claims = _verified(token, key.x)
        if key.revoked_at:
            raise refuse("token_key_revoked", "the token's key was revoked", Recovery.CONTACT_US)
        _check_claims(claims, key.machine)
    except signatures.Unreadable as error:
        return _unreadable(error)
    except Refused as refused:
        return refused
    return key.machine


def _unreadable(error: signatures.Unreadable) -> Refused:
    return refuse("token_unreadable", f"the token cannot be read: {error}")


# the signature of a token stays good; whether its key is, and its time, is looked at each time
@lru_cache(maxsize=10_000)
def _verified(token: str, x: str) -> dict[str, Any]:
    return signatures.verify(token, signatures.public_key(x), "JWT")


def _check_claims(claims: dict[str, Any], machine: str) -> None:
    if claims.get("iss") != machine or claims.get("sub") != machine:
        raise _wrong("sub", "iss and sub are not the machine that the key belongs to")
    if claims.get("aud") not in (AUDIENCE, [AUDIENCE]):
        raise _wrong("aud", f"aud is not {AUDIENCE}")
    issued, expires = claims.get("iat"), claims.get("exp")
    if type(issued) is not int or type(expires) is not int:
        raise _wrong("exp", "iat and exp must be whole seconds since 1970")
    if not 0 < expires - issued <= LONGEST_LIFE:
        raise _wrong("exp", f"exp must be after iat, by {LONGEST_LIFE} seconds at most")
    now = clock.now()
    seconds = now.timestamp()
    if seconds >= expires + _LEEWAY or issued > seconds + _LEEWAY:
        raise _untimely(now)


def _wrong(claim: str, problem: str) -> Refused:
    field = FieldError(claim, problem, "sign a new token with it set right")
    return refuse("token_claims_wrong", problem, fields=(field,))


def _untimely(now: datetime) -> Refused:
    # says our time, so that a machine whose own clock is off can sign one that fits
    mend = f"the desk's time is {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}: sign by it"
    field = FieldError("exp", "iat to exp does not include the present time", mend)
    return refuse("token_expired", f"{field.problem}; {mend}", Recovery.RETRY, (field,))
