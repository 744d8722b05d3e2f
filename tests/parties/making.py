"""Parties for the tests: each call makes new ones, so that tests share a database."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from thingdesk.parties import NewMachine, NewOwner, register, thumbprint
from thingdesk.parties.signatures import sign
from thingdesk.platform import clock
from thingdesk.platform.database import Database

_numbers = count(1)


def unique(prefix: str) -> str:
    return f"{prefix}-{next(_numbers)}"


def an_owner() -> NewOwner:
    name = unique("owner")
    return NewOwner(f"{name}@example.org", name, "Europe/Berlin")


@dataclass
class Signing:
    """A machine that holds its private key."""

    machine: str
    key: OKPKey

    @property
    def x(self) -> str:
        return str(self.key.as_dict(private=False)["x"])

    @property
    def kid(self) -> str:
        return thumbprint(self.x)

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(clock.now().timestamp())
        usual = {
            "iss": self.machine,
            "sub": self.machine,
            "aud": "thingdesk",
            "iat": now,
            "exp": now + 600,
        }
        return {**usual, **changed}

    def token(self, *, kid: str | None = None, typ: str = "JWT", **changed: Any) -> str:
        return sign(self.key, kid or self.kid, typ, self.claims(**changed))

    def renamed_token(self) -> str:
        """Signed well, but by the algorithm's other name."""
        header = {"alg": "Ed25519", "typ": "JWT", "kid": self.kid}
        return jws.serialize_compact(
            header, orjson.dumps(self.claims()), self.key, algorithms=["Ed25519"]
        )

    def hmac_token(self) -> str:
        """Signed with HMAC under the public key: the oldest trick."""
        header = {"alg": "HS256", "typ": "JWT", "kid": self.kid}
        secret = OctKey.import_key(self.x)
        return jws.serialize_compact(header, orjson.dumps(self.claims()), secret)


def signing(machine: str | None = None) -> Signing:
    return Signing(machine or unique("press"), OKPKey.generate_key("Ed25519"))


async def registered(database: Database) -> Signing:
    made = signing()
    async with database.transaction() as tx:
        await register(tx, [NewMachine(made.machine, "press", "P7", key=made.x)])
    return made
