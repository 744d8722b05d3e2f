"""Compact JWS with EdDSA, and nothing else: what is signed otherwise is not read."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

ALGORITHM = "EdDSA"
_KID = re.compile(r"[!-~]{1,128}")  # what a table can be asked for, whatever its sender meant


class Unreadable(Exception):
    """It is no compact JWS of ours, or its signature does not fit."""


class _Registry(JWSRegistry):
    """Knows EdDSA alone.

    RFC 9864 renames it to Ed25519, which the libraries of most machines do not know yet; the
    key's curve is pinned here, so the name hides no choice, and no warning is due.
    """

    max_payload_length = 4096  # of a token, which anybody may send

    def get_alg(self, name: str) -> Any:
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(f"{name!r} is not {ALGORITHM}")
        return self.algorithms[ALGORITHM]


_registry = _Registry(algorithms=[ALGORITHM])


@lru_cache(maxsize=10_000)
def public_key(x: str) -> OKPKey:
    """The key for an `x`; whether it is still good is nothing that is kept here."""
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})


def sign(key: OKPKey, kid: str, typ: str, claims: dict[str, Any]) -> str:
    return sign_text(key, kid, typ, orjson.dumps(claims), {})


def sign_text(key: OKPKey, kid: str, typ: str, text: bytes, more: Mapping[str, str]) -> str:
    header = {"alg": ALGORITHM, "kid": kid, "typ": typ, **more}
    return jws.serialize_compact(header, text, key, registry=_registry)


def key_id(token: str) -> str:
    """The `kid` that a token names. Nothing is proven by it. Raises Unreadable."""
    try:
        header = jws.extract_compact(token.encode(), registry=_registry).headers()
    except (JoseError, ValueError) as error:
        raise Unreadable("it is no compact JWS") from error
    kid = header.get("kid")
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise Unreadable("its header names no kid")
    return kid


def verify(token: str, key: OKPKey, typ: str) -> dict[str, Any]:
    """The claims of a token that `key` signed as a `typ`. Raises Unreadable."""
    try:
        signed = jws.deserialize_compact(token, key, registry=_registry)
        claims = orjson.loads(signed.payload)
    except (JoseError, ValueError) as error:
        raise Unreadable("its signature does not fit") from error
    if str(signed.headers().get("typ", "")).lower() != typ.lower():
        raise Unreadable(f"its header does not say typ {typ}")
    if not isinstance(claims, dict):
        raise Unreadable("its claims are no object")
    return claims
