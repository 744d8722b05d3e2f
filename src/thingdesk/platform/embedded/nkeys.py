"""What the broker calls nkeys and its JWTs: Ed25519 in an alphabet and a header of their own.

A public key is base32(prefix byte, 32 bytes, CRC-16/XMODEM of both, little end first), see
https://github.com/nats-io/nkeys; a token is a JWS whose algorithm is named `ed25519-nkey`.
"""

import base64
import binascii
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ACCOUNT_PREFIX = 0  # so that the text begins with A


class Issuer:
    """A key that the broker trusts to say who may enter; it lives in this process only."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        body = bytes([_ACCOUNT_PREFIX]) + self._key.public_key().public_bytes_raw()
        check = binascii.crc_hqx(body, 0).to_bytes(2, "little")
        self.name = base64.b32encode(body + check).rstrip(b"=").decode()

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"typ": "JWT", "alg": "ed25519-nkey"}
        signed = f"{_encode_json(header)}.{_encode_json(claims)}"
        return f"{signed}.{_encode(self._key.sign(signed.encode()))}"


def read_claims(token: bytes) -> dict[str, Any]:
    """The claims of a token that came from the broker itself; the signature is not checked."""
    body = token.split(b".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    assert isinstance(claims, dict)  # noqa: S101 - the broker's own form
    return claims


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encode_json(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value).encode())
