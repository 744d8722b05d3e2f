"""The issuer's word for who somebody is: an id_token, signed by it for this desk."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from joserfc import jwk, jws
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from thingdesk.web.issuer.registration import Unfit

# signed by a key of the issuer's alone: none with a shared secret, and not `none`
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519",
)  # fmt: skip
_KINDS = {"R": "RSA", "P": "RSA", "E": "EC"}
_SKEW = 60
_OLDEST = 600
_LONGEST_NAME = 255


class _Registry(JWSRegistry):
    max_header_length = 4096
    max_payload_length = 64 * 1024


_registry = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


class UnknownKey(Unfit):
    """None of the keys that are known has signed it: there may be new ones."""


def read_id_token(
    token: str, keys: list[Any], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> Mapping[str, Any]:
    """Its claims, once they are true for this desk and this log-in (OpenID Connect Core 1.0,
    3.1.3.7). Raises Unfit, and UnknownKey where the keys are not those that signed it.
    """
    claims = _signed(token, keys)
    at = now.timestamp()
    if claims.get("iss") != issuer:
        raise Unfit("it is of another issuer")
    _check_audience(claims, client_id)
    if claims.get("nonce") != nonce:
        raise Unfit("it is not for this log-in")
    if _number(claims, "exp") <= at - _SKEW:
        raise Unfit("it has expired")
    if not at - _OLDEST <= _number(claims, "iat") <= at + _SKEW:
        raise Unfit("it was not made now: is the desk's clock right?")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_NAME:
        raise Unfit("it does not say whom it is about")
    return claims


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if client_id not in named:
        raise Unfit("it is for another application")
    if claims.get("azp", client_id) != client_id or (len(named) > 1 and "azp" not in claims):
        raise Unfit("it was asked for by another application")


def _signed(token: str, keys: list[Any]) -> dict[str, Any]:
    try:
        header = jws.extract_compact(token.encode(), registry=_registry).headers()
    except (JoseError, ValueError) as error:
        raise Unfit("it is no signed token") from error
    algorithm, kid = str(header.get("alg")), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise Unfit("it is signed in a way that proves nothing")
    for key in _fitting(keys, algorithm, kid):
        try:
            claims = orjson.loads(jws.deserialize_compact(token, key, registry=_registry).payload)
        except (JoseError, ValueError):
            continue
        if isinstance(claims, dict):
            return claims
    raise UnknownKey("none of the issuer's keys has signed it")


def _fitting(keys: list[Any], algorithm: str, kid: object) -> Iterator[Any]:
    kind = "OKP" if algorithm.startswith("Ed") else _KINDS[algorithm[0]]
    for one in keys:
        if not isinstance(one, dict) or one.get("kty") != kind or one.get("use", "sig") != "sig":
            continue
        if kid is not None and one.get("kid") not in {None, kid}:
            continue
        try:
            yield jwk.import_key(one)
        except (JoseError, ValueError, KeyError, TypeError):
            continue


def _number(claims: Mapping[str, Any], name: str) -> float:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Unfit(f"it has no {name}")
    return float(found)
