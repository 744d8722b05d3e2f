"""Machines' public keys: read from what people paste, named by thumbprint, added, revoked."""

import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from thingdesk import timeline
from thingdesk.parties import errors, events, machine_store
from thingdesk.parties import key_store as store
from thingdesk.parties.ended import Ended
from thingdesk.parties.model import MachineKey
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse

CALLERS = "callers"
"""What is notified when something ends that callers rest on: a key, a token, a grant, a mandate,
an ownership. Whoever holds a session or a stream of theirs looks again.
"""
_X = re.compile("[A-Za-z0-9_-]{43}=?")  # 32 bytes in base64url
_PEM = re.compile(r"\s*-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*")
_PUBLIC = "PUBLIC KEY"
# RFC 8410: what stands before the 32 bytes of an Ed25519 public key
_ED25519 = bytes.fromhex("302a300506032b6570032100")
# points of small order (RFC 8032, 5.1.7): whoever has such a key has signed everything already
_SMALL_ORDER = {
    bytes.fromhex(y)
    for y in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
}


def read_key(given: str | Mapping[str, Any]) -> str:
    """The `x` of an Ed25519 public key, from a JWK (or its JSON text), from PEM, or `x` itself.

    Raises Refused: a key of another kind, of a wrong length, or one with its private part.
    """
    jwk = _as_jwk(given)
    if "d" in jwk:
        raise _private()
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
        raise refuse("key_unsuitable", "the key must be a JWK with kty OKP and crv Ed25519")
    x = jwk.get("x")
    if not isinstance(x, str) or not _X.fullmatch(x):
        raise refuse("key_unsuitable", "the key's x must be 32 bytes in base64url")
    # encoded again: two unused bits of the last letter must not make a second name for one key
    raw = urlsafe_b64decode(x.rstrip("=") + "=")
    if raw[:-1] + bytes([raw[-1] & 0x7F]) in _SMALL_ORDER:
        raise refuse("key_unsuitable", "the key is of small order: anybody could sign with it")
    return _encode(raw)


def _private() -> Refused:
    words = "this is a private key: it must never leave its machine. Make a new one."
    return refuse("key_private", words)


def _as_jwk(given: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(given, str):
        return given
    if given.lstrip().startswith("-----"):
        return as_jwk(_of_pem(given))
    if not given.lstrip().startswith("{"):
        return {"kty": "OKP", "crv": "Ed25519", "x": given.strip()}
    try:
        jwk = orjson.loads(given)
    except orjson.JSONDecodeError as error:
        raise refuse("key_unsuitable", f"the key is broken JSON: {error}") from error
    return jwk if isinstance(jwk, dict) else {}


def _of_pem(given: str) -> str:
    found = _PEM.fullmatch(given)
    if found and found[1] != _PUBLIC and found[1].endswith("PRIVATE KEY"):
        raise _private()
    try:
        raw = b64decode("".join(found[2].split()), validate=True) if found else b""
    except ValueError:
        raw = b""
    if not found or found[1] != _PUBLIC or raw[: len(_ED25519)] != _ED25519:
        raise refuse("key_unsuitable", "the PEM must hold an Ed25519 public key")
    return _encode(raw[len(_ED25519) :])


def as_jwk(x: str) -> dict[str, str]:
    """The public key as the JWK that RFC 7638 takes the thumbprint of."""
    return {"crv": "Ed25519", "kty": "OKP", "x": x}


def thumbprint(x: str) -> str:
    """The `kid`: RFC 7638, SHA-256 over the required members in order, in base64url."""
    return _encode(sha256(orjson.dumps(as_jwk(x))).digest())


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


async def add_key(
    tx: Transaction, machine: str, key: str | Mapping[str, Any], by: UUID | None = None
) -> str:
    """Let `machine` sign with one more key; its kid. Repeating it changes nothing.

    Raises Refused: an unknown machine, an unsuitable key, one of another machine, a revoked one.
    """
    x = read_key(key)
    kid = thumbprint(x)
    if not await machine_store.lock(tx, [machine]):
        raise errors.unknown_machine(machine)
    if await store.add(tx, [(kid, machine, x)], clock.now()):
        timeline.append(tx, f"machine:{machine}", events.KeyAdded(machine, kid, by))
        return kid
    there = await store.get(tx, kid)
    if there is None or there.machine != machine:
        raise refuse("key_in_use", "this key is another machine's", Recovery.CONTACT_US)
    if there.revoked_at:
        raise refuse("key_revoked", "this key was revoked and stays so: make a new one")
    return kid


async def revoke_key(tx: Transaction, kid: str, reason: str, by: UUID | None = None) -> MachineKey:
    """End a key for ever: what it signed is refused from this commit on.

    Repeating it changes nothing. Raises Refused for a key that nobody has.
    """
    revoked = await store.revoke(tx, kid, reason, clock.now())
    if revoked:
        event = events.KeyRevoked(revoked.machine, kid, reason, by)
        timeline.append(tx, f"machine:{revoked.machine}", event)
        tx.notify(CALLERS)
        return revoked
    there = await store.get(tx, kid)
    if there is None:
        raise refuse("key_unknown", f"no machine has the key {kid!r}")
    return there


async def keys_named(tx: Transaction, kids: Sequence[str]) -> dict[str, MachineKey]:
    """The keys with these kids that some machine has or had."""
    return await store.get_many(tx, kids)


async def keys_of(tx: Transaction, machine: str, most: int = 100) -> list[MachineKey]:
    """The keys of `machine`, the newest first; behind them those that were revoked."""
    return await store.of_machine(tx, machine, most)


async def holders(tx: Transaction, kids: Sequence[str]) -> list[str | None]:
    """For each key the machine whose it is; None where nobody has it, or it was revoked."""
    found = await store.get_many(tx, sorted(set(kids)))
    return [
        one.machine if (one := found.get(kid)) is not None and one.revoked_at is None else None
        for kid in kids
    ]


async def revocations(
    tx: Transaction, after: datetime, beyond: str = "", most: int = 1000
) -> list[Ended]:
    """The keys that were revoked after `after`, or then and have an id beyond `beyond`, the oldest
    first.
    """
    return await store.revoked_after(tx, after, beyond, most)
