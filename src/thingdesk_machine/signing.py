"""The one signature in use: Ed25519, in compact JWS."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import BadSignatureError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

# RFC 8037 calls the algorithm EdDSA, which is what is sent; RFC 9864 renamed it
NAMES = ("EdDSA", "Ed25519")


class _Ed25519Only(JWSRegistry):
    max_payload_length = 1024 * 1024  # the receipt of a full message

    def get_alg(self, name: str) -> Any:
        if name not in NAMES:
            raise UnsupportedAlgorithmError(f"algorithm {name!r} is not used here")
        return self.algorithms[name]


_registry = _Ed25519Only()


def read_key(jwk: Mapping[str, Any]) -> OKPKey:
    """Raises ValueError, or what joserfc raises, when it is no Ed25519 key."""
    key = OKPKey.import_key(dict(jwk))
    if key.curve_name != "Ed25519":
        raise ValueError(f"a key is on the curve {key.curve_name}, not on Ed25519")
    return key


def sign(claims: Mapping[str, Any], key: OKPKey, kind: str) -> str:
    header = {"alg": "EdDSA", "typ": kind, "kid": key.thumbprint()}
    return jws.serialize_compact(header, json.dumps(claims), key, registry=_registry)


def header(signed: str) -> dict[str, Any]:
    """What a JWS says of itself, which proves nothing yet. Raises what joserfc raises."""
    return jws.extract_compact(signed.encode(), registry=_registry).headers()


def verify(signed: str, key: OKPKey) -> Any:
    """The claims, once the signature is found good. Raises JoseError and ValueError."""
    found = jws.extract_compact(signed.encode(), registry=_registry)
    if not jws.validate_compact(found, key, registry=_registry):
        raise BadSignatureError
    return json.loads(found.payload)
