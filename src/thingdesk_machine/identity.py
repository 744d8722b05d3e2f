import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from joserfc.jwk import OKPKey

from thingdesk_machine import private, signing

MACHINE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
TOKEN_SECONDS = 600
ACTOR_SECONDS = 300


@dataclass(frozen=True)
class Identity:
    """Who the machine is: its id and its Ed25519 key, which never leaves it."""

    machine: str
    key: OKPKey

    def __post_init__(self) -> None:
        if not MACHINE_ID.fullmatch(self.machine):
            raise ValueError(
                f"{self.machine!r} is no machine id: 1 to 64 letters, digits, '_' or '-'"
            )
        if self.key.curve_name != "Ed25519" or not self.key.is_private:
            raise ValueError("an identity needs a private Ed25519 key")

    @classmethod
    def create(cls, machine: str) -> Self:
        """A new identity with a new key; `save` it, register `public_jwk` at the desk."""
        return cls(machine, OKPKey.generate_key("Ed25519"))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The identity that was saved; a file that is open to other accounts is closed to them."""
        private.close(Path(path))
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
        return cls(stored["machine"], signing.read_key(stored["key"]))

    def save(self, path: str | Path) -> None:
        """Writes the private key, readable by this user alone; refuses to replace a file."""
        stored = {"machine": self.machine, "key": self.key.as_dict(private=True)}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o600)  # whatever the umask says
            json.dump(stored, file)
            file.flush()
            os.fsync(descriptor)

    @property
    def kid(self) -> str:
        """The key's RFC 7638 thumbprint."""
        return self.key.thumbprint()

    @property
    def public_jwk(self) -> dict[str, Any]:
        return {**self.key.as_dict(private=False), "kid": self.kid}

    def token(self, clock: Callable[[], datetime]) -> str:
        """A new token for the desk: HTTP bearer and MQTT password, good for ten minutes."""
        issued = int(clock().timestamp())
        claims = {
            "iss": self.machine,
            "sub": self.machine,
            "aud": "thingdesk",
            "iat": issued,
            "exp": issued + TOKEN_SECONDS,
            "jti": secrets.token_urlsafe(16),
        }
        return signing.sign(claims, self.key, "JWT")

    def actor_token(self, desk: str, clock: Callable[[], datetime]) -> str:
        """For another machine of the same owner, which passes on to this one what it was given: the
        `actor_token` of its exchange (RFC 8693). `desk` is the desk's `issuer`. It is good there
        alone, once, and for five minutes; nobody can act as this machine by it.
        """
        issued = int(clock().timestamp())
        claims = {
            "iss": self.machine,
            "sub": self.machine,
            "aud": desk,
            "iat": issued,
            "exp": issued + ACTOR_SECONDS,
            "jti": secrets.token_urlsafe(16),
        }
        return signing.sign(claims, self.key, "thingdesk-actor+jwt")
