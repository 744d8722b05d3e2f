"""How an owner logs in: by a code of eight digits that is mailed to the address we have of them.

The code is kept nowhere: it is made of its id by the desk's signature, when the mail is written and
again when it is typed, so that nobody who reads the database or the outbox can use it. It is good
in the browser that asked for it alone: who knows an address can neither guess at the code of its
owner nor use up their tries.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import events, passwords, staff_store
from thingdesk.parties import owner_store as owners
from thingdesk.parties import session_store as store
from thingdesk.parties.attempts import forget, paused_until, storable
from thingdesk.parties.desk_key import DeskKey
from thingdesk.parties.model import Owner
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal

OWNER_CODE = "owner-code"
"""What a notice is for whose mail has the code; `subject` is the code's id."""

CODE_LASTS = timedelta(minutes=10)
_SESSION_LASTS = timedelta(hours=12)
_TRIES = 5
_CODES, _CODES_FROM, _TRIES_FROM = 5, 50, 200
# what all browsers together, and those of one source, have mailed to an address in a day
_MAILS, _MAILS_FROM = 100, 30
_TYPE = "thingdesk-code+jwt"


@dataclass(frozen=True, slots=True)
class OwnerCode:
    """A code that is to be mailed to an owner; what it is, only the desk can say."""

    id: UUID
    owner_id: UUID
    expires: datetime


@dataclass(frozen=True, slots=True)
class OwnerLoggedIn:
    """A session of an owner: `token` goes into a cookie and is kept nowhere else."""

    owner: Owner
    token: str = field(repr=False)
    expires: datetime


async def ask_code(tx: Transaction, email: str, source: str, browser: str) -> OwnerCode | None:
    """A new code for the owner with this address, to be mailed, and typed in the browser that has
    the secret `browser`. Those before stay good.

    None for an unknown address, and after five codes for an address in one browser or fifty from a
    source: then each further one must wait, up to fifteen minutes. None, too, once an address has
    got 100 in a day, or 30 by one source.
    """
    now, email = clock.now(), storable(email.lower())
    counted, day = _of(email), f"{now:%Y-%m-%d}"
    here = passwords.digest(browser)
    waits = {f"{counted}in {here.hex()}": _CODES, f"codes from {storable(source)}": _CODES_FROM}
    daily = {
        f"{counted}on {day}": _MAILS,
        f"{counted}on {day} from {storable(source)}": _MAILS_FROM,
    }
    if not await _counted(tx, now, waits, daily):
        return None
    owner = await owners.by_email(tx, email)
    if owner is None:
        return None
    code = OwnerCode(ids.new(), owner.id, now + CODE_LASTS)
    await store.put_code(tx, owner.id, here, code.id, code.expires)
    return code


async def forget_attempts(tx: Transaction, email: str) -> None:
    """Nothing is left of what was counted for this address."""
    await staff_store.forgive_all(tx, _of(email))
    await forget(tx, email)


def _of(email: str) -> str:
    """What the subjects begin with that are counted for an address: without the address itself."""
    return f"owner {passwords.digest(storable(email.lower())).hex()} "


def owner_code(key: DeskKey, code_id: UUID) -> str:
    """The eight digits of a code."""
    signed = key.sign({"aud": OWNER_CODE, "sub": str(code_id)}, _TYPE)
    return f"{int.from_bytes(sha256(signed.encode()).digest()) % 10**8:08}"


async def owner_log_in(
    tx: Transaction, key: DeskKey, email: str, code: str, source: str, browser: str
) -> OwnerLoggedIn | Refusal:
    """A new session of the owner, or why there is none: the code is used then, and is good for five
    tries. It says neither whether the address is known nor what was wrong. The refusal is returned
    and not raised, so that the try is counted when `tx` commits.
    """
    now, here = clock.now(), passwords.digest(browser)
    if not await _counted(tx, now, {f"tries from {storable(source)}": _TRIES_FROM}):
        return Refusal(
            "log_in_throttled", "too many codes were tried: wait a few minutes", Recovery.RETRY
        )
    owner = await owners.by_email(tx, storable(email.lower()))
    known = await store.try_codes(tx, owner.id, here, now, _TRIES) if owner else []
    typed = "".join(one for one in code[:64] if one in "0123456789")
    right = [secrets.compare_digest(typed, owner_code(key, one)) for one in known or [ids.new()]]
    if owner is None or not known or not any(right):
        return Refusal(
            "code_unfit",
            "This is not the code, or its ten minutes are over, or another browser asked for it."
            " Look at the newest mail.",
            Recovery.FIX_INPUT,
        )
    await store.use_codes(tx, owner.id, here)
    await staff_store.forgive(tx, f"{_of(email)}in {here.hex()}")
    token, expires = ids.secret(), now + _SESSION_LASTS
    await store.begin(tx, passwords.digest(token), owner.id, now, expires)
    timeline.append(tx, f"owner:{owner.id}", events.OwnerLoggedIn(owner.id))
    return OwnerLoggedIn(owner, token, expires)


async def owner_session(tx: Transaction, token: str) -> tuple[Owner, datetime] | None:
    """Whose session it is, and when it ends; None once it ended."""
    found = await store.session(tx, passwords.digest(token), clock.now())
    if found is None:
        return None
    owner = (await owners.get_many(tx, [found[0]])).get(found[0])
    return (owner, found[1]) if owner else None


async def owner_log_out(tx: Transaction, token: str) -> None:
    """End the session. Repeating it changes nothing."""
    await store.end(tx, passwords.digest(token))


async def _counted(
    tx: Transaction, now: datetime, waits: Mapping[str, int], daily: Mapping[str, int] | None = None
) -> bool:
    """Whether one more of each is within what is free, or its pause is over; it is counted. What
    is `daily` names its day, and has no pause that ends.
    """
    free = {**waits, **(daily or {})}
    attempts = await staff_store.attempt(tx, sorted(free), now)
    if any(until and until > now for _, until in attempts.values()):
        return False
    beyond = {name: n + 1 - free[name] for name, (n, _) in attempts.items()}
    over = now + timedelta(days=1)
    pauses = [
        (name, paused_until(more) if name in waits else over if more >= 0 else None)
        for name, more in beyond.items()
    ]
    await staff_store.fail(tx, pauses)
    return True
