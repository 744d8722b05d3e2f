"""How an owner logs in: by a code of eight digits that is mailed to the address we have of them.

The code is kept nowhere: it is made of its id by the desk's signature, when the mail is written and
again when it is typed, so that nobody who reads the database or the outbox can use it.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import events, passwords, staff_store
from thingdesk.parties import owner_store as owners
from thingdesk.parties import session_store as store
from thingdesk.parties.attempts import paused_until, storable
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


async def ask_code(tx: Transaction, email: str, source: str) -> OwnerCode | None:
    """A new code for the owner with this address, to be mailed; the one before is good no more.

    None for an unknown address, and after five codes of an address or fifty from a source: then
    each further one must wait, up to fifteen minutes.
    """
    now, email = clock.now(), storable(email.lower())
    free = {f"code {email}": 5, f"codes from {source}": 50}
    if not await _counted(tx, free, now):
        return None
    owner = await owners.by_email(tx, email)
    if owner is None:
        return None
    code = OwnerCode(ids.new(), owner.id, now + CODE_LASTS)
    await store.put_code(tx, owner.id, code.id, code.expires)
    return code


def owner_code(key: DeskKey, code_id: UUID) -> str:
    """The eight digits of a code."""
    signed = key.sign({"aud": OWNER_CODE, "sub": str(code_id)}, _TYPE)
    return f"{int.from_bytes(sha256(signed.encode()).digest()) % 10**8:08}"


async def owner_log_in(
    tx: Transaction, key: DeskKey, email: str, code: str, source: str
) -> OwnerLoggedIn | Refusal:
    """A new session of the owner, or why there is none: the code is used then, and is good for five
    tries. It says neither whether the address is known nor what was wrong. The refusal is returned
    and not raised, so that the try is counted when `tx` commits.
    """
    now = clock.now()
    if not await _counted(tx, {f"tries from {source}": 200}, now):
        return Refusal(
            "log_in_throttled", "too many codes were tried: wait a few minutes", Recovery.RETRY
        )
    owner = await owners.by_email(tx, storable(email.lower()))
    known = await store.try_code(tx, owner.id, now, _TRIES) if owner else None
    typed = "".join(one for one in code[:64] if one in "0123456789")
    right = owner_code(key, known or ids.new())
    if owner is None or known is None or not secrets.compare_digest(typed, right):
        return Refusal(
            "code_unfit",
            "This is not the code, or its ten minutes are over. Look at the newest mail.",
            Recovery.FIX_INPUT,
        )
    await store.use_code(tx, owner.id)
    await staff_store.forgive(tx, f"code {owner.email}")
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


async def _counted(tx: Transaction, free: dict[str, int], now: datetime) -> bool:
    """Whether one more of each is within what is free, or its pause is over; it is counted."""
    free = {storable(name): most for name, most in free.items()}
    attempts = await staff_store.attempt(tx, sorted(free), now)
    if any(until and until > now for _, until in attempts.values()):
        return False
    pauses = [(name, paused_until(n + 1 - free[name])) for name, (n, _) in attempts.items()]
    await staff_store.fail(tx, pauses)
    return True
