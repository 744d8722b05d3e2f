"""What staff prove with who they are. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from thingdesk.parties.model import Role, Staff


class By(StrEnum):
    """What a session was opened by."""

    PASSWORD = "password"  # noqa: S105 - the name of a kind
    PASSKEY = "passkey"
    ISSUER = "issuer"


class Wanted(StrEnum):
    """What the browser of one of the staff is asked for."""

    PROOF = "proof"
    FIRST = "first"
    ANOTHER = "another"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session of staff: `token` goes into a cookie and is kept nowhere else."""

    staff: Staff
    token: str = field(repr=False)
    expires: datetime


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The password was right, and opens nothing without a passkey; `token` is as in LoggedIn."""

    token: str = field(repr=False)
    expires: datetime


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody whom an issuer vouches for: its own name for them, their e-mail address where it has
    verified that, and the roles that they are given by it.
    """

    issuer: str
    subject: str
    email: str | None
    name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Passkey:
    """The public half of a passkey, as its owner called it."""

    id: UUID
    name: str
    added_at: datetime
    used_at: datetime | None
    credential: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int = field(repr=False)
    transports: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is to be signed, by whom, and what for."""

    staff: Staff
    challenge: bytes = field(repr=False)
    wanted: Wanted
    expires: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys are good: the name they are bound to, and the address that asks for them."""

    name: str
    origin: str

    @classmethod
    def of(cls, url: str | None) -> "Place | None":
        """That of a desk which is reached at `url`. A browser gives passkeys to a name alone, by
        HTTPS, or at localhost.
        """
        parts = urlsplit(url or "")
        name = (parts.hostname or "").lower()
        if parts.scheme not in {"http", "https"} or not name or _is_address(name):
            return None
        if parts.scheme == "http" and name != "localhost" and not name.endswith(".localhost"):
            return None
        usual = {"http": 80, "https": 443}[parts.scheme]
        port = "" if parts.port in {None, usual} else f":{parts.port}"
        return cls(name, f"{parts.scheme}://{name}{port}")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
