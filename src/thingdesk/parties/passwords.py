"""Passwords of staff: argon2id, with the library's parameters (RFC 9106, low memory)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from thingdesk.platform.errors import FieldError, refuse

SHORTEST, LONGEST = 12, 256
_hasher = PasswordHasher()
# one hash takes 64 MiB and all of a core: however many log in, two at a time
_threads = ThreadPoolExecutor(2, "password")


def digest(token: str) -> bytes:
    """What is kept of a random token: enough to know it again, not to use it."""
    return sha256(token.encode(errors="replace")).digest()


def check_strength(password: str) -> None:
    """Raises Refused for a password that is too short, or longer than is worth hashing."""
    if not SHORTEST <= len(password) <= LONGEST:
        mend = f"use {SHORTEST} to {LONGEST} characters"
        field = FieldError("password", "is too short or too long", mend)
        raise refuse(
            "password_unsuitable", f"the password {field.problem}: {mend}", fields=(field,)
        )


async def hash_password(password: str) -> str:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _hasher.hash, password)


async def fits(password: str, hashed: str | None) -> bool:
    """Whether the password is the one that was hashed; without a hash no, in the same time."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _fits, password[: LONGEST + 1], hashed)


def _fits(password: str, hashed: str | None) -> bool:
    try:
        _hasher.verify(hashed or _nobodys(), password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
    return hashed is not None


@cache
def _nobodys() -> str:
    # so that an unknown address takes the time of a known one
    return _hasher.hash("nobody's password")
