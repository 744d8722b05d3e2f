"""An authenticator in software, after WebAuthn level 3: what a security key and a browser do."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


@dataclass
class Authenticator:
    """One passkey, at `origin`. What it says can be wrong: in its flags, origin, name or count."""

    origin: str = "https://desk.example"
    name: str = "desk.example"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: str) -> str:
        """What a browser sends for a new passkey."""
        numbers = self.key.public_key().public_numbers()
        x, y = (one.to_bytes(32, "big") for one in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        size = len(self.credential).to_bytes(2, "big")
        data = self._data(ATTESTED) + bytes(16) + size + self.credential + public
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._said("webauthn.create", options)
        return self._answer(clientDataJSON=said, attestationObject=attested)

    def sign(self, options: str, handle: bytes = b"") -> str:
        """What a browser sends for a proof."""
        self.count += 1
        data, said = self._data(), self._said("webauthn.get", options)
        signature = self.key.sign(data + sha256(said).digest(), ec.ECDSA(SHA256()))
        more = {"userHandle": handle} if handle else {}
        return self._answer(
            clientDataJSON=said, authenticatorData=data, signature=signature, **more
        )

    def _data(self, more: int = 0) -> bytes:
        named = sha256(self.name.encode()).digest()
        return named + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _said(self, kind: str, options: str) -> bytes:
        challenge = orjson.loads(options)["challenge"]
        return orjson.dumps({"type": kind, "challenge": challenge, "origin": self.origin})

    def _answer(self, **response: bytes) -> str:
        said: dict[str, Any] = {name: b64(value) for name, value in response.items()}
        mine = b64(self.credential)
        whole = {"id": mine, "rawId": mine, "type": "public-key", "response": said}
        return orjson.dumps(whole).decode()
