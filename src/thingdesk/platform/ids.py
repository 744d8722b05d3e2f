"""Ids and randomness. Ids are UUIDs of version 7 (RFC 9562), so that later ones sort later."""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from thingdesk.platform import clock

_RANDOM_BITS = 74


def new() -> UUID:
    """A new id, ordered by the platform clock in milliseconds."""
    milliseconds = int(clock.now().timestamp() * 1000)
    random = secrets.randbits(_RANDOM_BITS)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low)


def moment(one: UUID) -> datetime:
    """When an id was made, by the platform clock."""
    return datetime.fromtimestamp((one.int >> 80) / 1000, UTC)


def secret(size: int = 32) -> str:
    """A random, URL-safe secret of `size` bytes."""
    return secrets.token_urlsafe(size)


def letters(of: str, number: int) -> str:
    """So many random ones of these letters, for people to type."""
    return "".join(secrets.choice(of) for _ in range(number))


def salt() -> bytes:
    """Sixteen random bytes."""
    return secrets.token_bytes(16)


def challenge() -> bytes:
    """Random bytes for somebody to sign."""
    return secrets.token_bytes(32)


def draw() -> float:
    """A random number in [0, 1), to spread what would else come at once."""
    return secrets.randbits(53) / (1 << 53)
