"""What the desk's tokens say: JWT access tokens, RFC 9068. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from thingdesk.access.model import Grounds, Surface

TYPE = "at+jwt"
SCOPE = "thingdesk"
"""The one scope there is: what may be done is said by the mandate."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token for one surface. `actors` are machines, first the one that calls, behind it those
    that passed on to it what they were given. It is good for as long as each of `keys` (by which
    machines got it), its grant and its mandate are, and no token that it was `made_from` ended.
    """

    id: UUID
    surface: Surface
    client: str
    actors: tuple[str, ...]
    owner_id: UUID | None
    made: datetime
    until: datetime
    mandate_id: UUID | None = None
    grant_id: UUID | None = None
    jkt: str | None = None
    keys: tuple[str, ...] = ()
    made_from: tuple[UUID, ...] = ()

    @property
    def machine(self) -> str:
        """The one that calls."""
        return self.actors[0]

    @property
    def grounds(self) -> Grounds:
        """What it is good by."""
        tokens = (self.id, *self.made_from)
        return Grounds(
            self.actors, self.owner_id, self.keys, self.mandate_id, self.grant_id, tokens
        )

    def claims(self, base: str) -> dict[str, Any]:
        """As they are signed; `base` is the desk's address."""
        made: dict[str, Any] = {
            "iss": base,
            "aud": self.surface.at(base),
            "sub": str(self.owner_id) if self.owner_id else self.machine,
            "act": _acting(self.actors),
            "client_id": self.client,
            "iat": int(self.made.timestamp()),
            "exp": int(self.until.timestamp()),
            "jti": str(self.id),
            "scope": SCOPE,
        }
        more = {
            "mid": str(self.mandate_id) if self.mandate_id else None,
            "gid": str(self.grant_id) if self.grant_id else None,
            "cnf": {"jkt": self.jkt} if self.jkt else None,
            "keys": list(self.keys),
            "src": [str(one) for one in self.made_from],
        }
        return made | {name: value for name, value in more.items() if value}


def read(claims: Mapping[str, Any], base: str) -> Token:
    """The token with these claims, which the desk at `base` has signed. Raises ValueError for what
    it signed at another address.
    """
    surface = next((one for one in Surface if one.at(base) == claims["aud"]), None)
    if surface is None or claims["iss"] != base:
        raise ValueError("it is for another desk")
    sub, actors = claims["sub"], _actors(claims["act"])
    mid, gid = claims.get("mid"), claims.get("gid")
    return Token(
        id=UUID(claims["jti"]),
        surface=surface,
        client=claims["client_id"],
        actors=actors,
        owner_id=None if sub == actors[0] else UUID(sub),
        made=datetime.fromtimestamp(claims["iat"], UTC),
        until=datetime.fromtimestamp(claims["exp"], UTC),
        mandate_id=UUID(mid) if mid else None,
        grant_id=UUID(gid) if gid else None,
        jkt=(claims.get("cnf") or {}).get("jkt"),
        keys=tuple(claims.get("keys", ())),
        made_from=tuple(UUID(one) for one in claims.get("src", ())),
    )


def _acting(actors: tuple[str, ...]) -> dict[str, Any]:
    """RFC 8693, 4.1: the first acts now, those within acted before."""
    first, *before = actors
    return {"sub": first, **({"act": _acting(tuple(before))} if before else {})}


def _actors(act: Mapping[str, Any]) -> tuple[str, ...]:
    before = act.get("act")
    return (act["sub"], *(_actors(before) if before else ()))
