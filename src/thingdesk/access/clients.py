"""Whether an application is the one that it says."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from thingdesk import parties
from thingdesk.access import errors, jose, once_store
from thingdesk.access.model import Client
from thingdesk.access.proof import once
from thingdesk.parties.model import MACHINE_ID
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refused

ACTOR = "thingdesk-actor+jwt"
"""The `typ` of an assertion by which another machine gets a token for who made it."""
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
_LONGEST = 4096
_LONGEST_LIFE = 600
_LEEWAY = 30
_MOST_KEYS = 10
# RFC 7523, its successor, and libraries that say nothing
_OF_CLIENT = ("", "jwt", "client-authentication+jwt")


class _Unproven(Exception):
    """What is wrong with an assertion."""


def machine_client(client_id: str) -> Client:
    """A machine as a client: whether there is one, its key tells. Raises Refused."""
    if not MACHINE_ID.fullmatch(client_id):
        raise errors.unknown_client()
    return Client(client_id, client_id, machine=client_id)


def who_asserts(assertion: str) -> str:
    """The client that an assertion speaks of. Nothing is proven by it. Raises Refused."""
    try:
        named = jose.unproven(assertion).get("sub") if len(assertion) <= _LONGEST else None
    except (jose.Unreadable, ValueError) as error:
        raise errors.wrong_client(str(error)) from error
    if not isinstance(named, str):
        raise errors.wrong_client("its assertion has no sub")
    return named


async def authenticate(
    tx: Transaction, client: Client, assertion: str | None, base: str
) -> str | None:
    """The thumbprint of the key by which the client proved who it is, by RFC 7523; None for one
    that has no key. An assertion is good once. Raises Refused.
    """
    if assertion is None:
        if client.machine or client.keys:
            words = "send client_assertion_type and client_assertion, signed with its key"
            raise errors.wrong_client(words)
        return None
    try:
        return await _proven(tx, client, assertion, base, _OF_CLIENT)
    except _Unproven as error:
        raise errors.wrong_client(f"its assertion {error}") from error


async def actor(tx: Transaction, assertion: str, base: str) -> tuple[str, str]:
    """The machine that made an assertion for whoever passes something on to it, and the thumbprint
    of its key. It is good for that alone, and once. Raises Refused.
    """
    try:
        client = machine_client(who_asserts(assertion))
        return client.id, await _proven(tx, client, assertion, base, (ACTOR,))
    except _Unproven as error:
        raise errors.wrong_actor(f"it {error}") from error
    except Refused as refused:
        raise errors.wrong_actor("it names no machine of this desk as its sub") from refused


async def _proven(
    tx: Transaction, client: Client, assertion: str, base: str, types: Sequence[str]
) -> str:
    """The thumbprint of the key that signed it. Raises _Unproven."""
    if len(assertion) > _LONGEST:
        raise _Unproven("is too long")
    try:
        header = jose.header(assertion)
        kid = header.get("kid")
        if str(header.get("typ", "")).lower() not in types:
            raise _Unproven(f"has another typ than {' or '.join(filter(None, types))}")
        jwk = await _key(tx, client, kid if isinstance(kid, str) else None, assertion)
        claims = jose.verify(assertion, jwk, None)
        digest = once(client.id, claims.get("jti"))
    except (jose.Unreadable, ValueError) as error:
        raise _Unproven(f"cannot be read: {error}") from error
    if digest is None:
        raise _Unproven("has no jti")
    until = _check(claims, client, base, clock.now())
    if not await tx.share(once_store.take, (digest, until)):
        raise _Unproven("was shown before: make a new one")
    return jose.thumbprint(jwk)


async def _key(
    tx: Transaction, client: Client, kid: str | None, assertion: str
) -> Mapping[str, Any]:
    """The key that signed, or would have."""
    keys = client.keys
    if client.machine:
        known = await _keys_of(tx, client.machine, kid)
        if any(one.revoked_at for one in known if one.kid == kid):
            raise _Unproven("is by a key that was revoked")
        keys = tuple(
            {**parties.as_jwk(one.x), "kid": one.kid} for one in known if not one.revoked_at
        )
    fitting = [one for one in keys if kid in (None, one.get("kid"))]
    for one in fitting[:-1]:
        try:
            jose.verify(assertion, one, None)
        except jose.Unreadable:
            continue
        return one
    if not fitting:
        raise _Unproven("is by no key that the desk knows")
    return fitting[-1]


async def _keys_of(tx: Transaction, machine: str, kid: str | None) -> Sequence[parties.MachineKey]:
    if kid is None:
        return await parties.keys_of(tx, machine, _MOST_KEYS)
    known = await tx.share(_named, kid)
    return [known] if known and known.machine == machine else []


async def _named(tx: Transaction, kids: Sequence[str]) -> list[parties.MachineKey | None]:
    known = await parties.keys_named(tx, kids)
    return [known.get(one) for one in kids]


def _check(claims: dict[str, Any], client: Client, base: str, now: datetime) -> datetime:
    """Until when the assertion is good. Raises _Unproven."""
    if claims.get("iss") != client.id or claims.get("sub") != client.id:
        raise _Unproven(f"has another iss or sub than {client.id}")
    ours = (base, f"{base}{TOKEN_PATH}")
    if claims.get("aud") not in (*ours, *([one] for one in ours)):
        raise _Unproven(f"has another aud than {base}")
    seconds = now.timestamp()
    expires = claims.get("exp")
    if type(expires) is not int or not seconds - _LEEWAY < expires <= seconds + _LONGEST_LIFE:
        raise _untimely(now)
    for name in ("iat", "nbf"):
        begins = claims.get(name, 0)
        if type(begins) is not int or begins > seconds + _LEEWAY:
            raise _untimely(now)
    return datetime.fromtimestamp(expires + _LEEWAY, UTC)


def asserted_as(assertion: str) -> bytes | None:
    """By what it is remembered that an assertion was shown; it was proven before."""
    claims = jose.unproven(assertion)
    return once(claims["sub"], claims.get("jti"))


def _untimely(now: datetime) -> _Unproven:
    return _Unproven(
        f"has an exp, iat or nbf that is not within {_LONGEST_LIFE} s of now,"
        f" which is {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} at the desk"
    )
