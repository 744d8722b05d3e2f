"""Compact JWS that others signed. What kind the key is says which signature it can be, never the
header: EdDSA (since RFC 9864 also named Ed25519) by an Ed25519 key, ES256 by one on P-256.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from thingdesk import parties
from thingdesk.platform.errors import Refused

ALGORITHMS = ("EdDSA", "Ed25519", "ES256")
_ED25519 = ("OKP", "Ed25519")
_P256 = ("EC", "P-256")


class Unreadable(Exception):
    """It is no compact JWS, or not what it has to be."""


class _Registry(JWSRegistry):
    """Knows what one kind of key signs with, and nothing else."""

    max_header_length = 1024  # a key in it
    max_payload_length = 4096

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError(f"{name!r} is not what this key signs with")
        return self.algorithms[name]


_registries = {
    _ED25519: _Registry(algorithms=["EdDSA", "Ed25519"]),
    _P256: _Registry(algorithms=["ES256"]),
}
_any = _Registry(algorithms=list(ALGORITHMS))


def header(token: str) -> dict[str, Any]:
    """What it says of itself. Nothing is proven by it. Raises Unreadable."""
    try:
        return dict(jws.extract_compact(token.encode(), registry=_any).headers())
    except (JoseError, ValueError) as error:
        raise Unreadable("it is no compact JWS") from error


def unproven(token: str) -> dict[str, Any]:
    """Its claims. Nothing is proven by them. Raises Unreadable."""
    try:
        return _claims(jws.extract_compact(token.encode(), registry=_any).payload)
    except (JoseError, ValueError) as error:
        raise Unreadable("it is no compact JWS") from error


def verify(token: str, jwk: Mapping[str, Any], typ: str | None) -> dict[str, Any]:
    """The claims of what `jwk` signed as a `typ`; None: as any, or as nothing that is said.

    Raises Unreadable.
    """
    key = public_key(jwk)
    try:
        signed = jws.deserialize_compact(token, key, registry=_registries[_kind(jwk)])
    except (JoseError, ValueError) as error:
        raise Unreadable("its signature does not fit") from error
    if typ is not None and str(signed.headers().get("typ", "")).lower() != typ:
        raise Unreadable(f"its header does not say typ {typ}")
    return _claims(signed.payload)


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638 of a public key that can be used here. Raises Unreadable."""
    return public_key(jwk).thumbprint()


def public_key(jwk: Mapping[str, Any]) -> OKPKey | ECKey:
    """Raises Unreadable: a key of another kind, one with its private part, or none at all."""
    if "d" in jwk:
        raise Unreadable("it holds a private key")
    x, y = jwk.get("x"), jwk.get("y")
    if _kind(jwk) == _ED25519 and isinstance(x, str):
        return _okp(x)
    if _kind(jwk) == _P256 and isinstance(x, str) and isinstance(y, str):
        return _ec(x, y)
    raise Unreadable("its key is no public key on Ed25519 or P-256")


def _kind(jwk: Mapping[str, Any]) -> tuple[Any, Any]:
    return jwk.get("kty"), jwk.get("crv")


# numbers alone: whether a key is still good is nothing that is kept here
@lru_cache(maxsize=10_000)
def _okp(x: str) -> OKPKey:
    try:
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": parties.read_key(x)})
    except (Refused, JoseError, ValueError) as error:
        raise Unreadable("its key cannot be used") from error


@lru_cache(maxsize=10_000)
def _ec(x: str, y: str) -> ECKey:
    try:
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
        key.get_op_key("verify")  # reads the point: whether it is on the curve
    except (JoseError, ValueError) as error:
        raise Unreadable("its key cannot be used") from error
    return key


def _claims(payload: bytes) -> dict[str, Any]:
    claims = orjson.loads(payload)
    if not isinstance(claims, dict):
        raise Unreadable("its claims are no object")
    return claims
