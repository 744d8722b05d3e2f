"""Sessions of staff: by a password, and a passkey after it."""

from datetime import timedelta

from thingdesk import timeline
from thingdesk.parties import events, passkey_store, passwords
from thingdesk.parties import staff_store as store
from thingdesk.parties.attempts import Attempt, attempt
from thingdesk.parties.browsers import Browser
from thingdesk.parties.model import Staff
from thingdesk.parties.proofs import By, HalfWay, LoggedIn, Wanted
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal

SESSION_LIFE = timedelta(hours=12)
HALF_WAY_LIFE = timedelta(minutes=5)


async def log_in(
    tx: Transaction, email: str, password: str, source: str, browser: Browser | None = None
) -> LoggedIn | HalfWay | Refusal:
    """A new session of staff, or why there is none; `source` is where the attempt comes from, and
    `browser` a known one. Half way, where they have a passkey, or everybody has to have one.

    The refusal is returned and not raised, so that the failure is counted when `tx` commits. It
    says neither whether the address is known nor what was wrong.
    """
    trying = await attempt(tx, email, source, browser)
    if isinstance(trying, Refusal):
        return trying
    known = await store.by_email(tx, trying.name)
    staff, hashed = known or (None, None)
    if not await passwords.fits(password, hashed) or staff is None:
        await trying.failed(tx)
        return Refusal(
            "log_in_failed", "address and password do not fit together", Recovery.FIX_INPUT
        )
    return await _past_the_password(tx, staff, trying)


async def _past_the_password(tx: Transaction, staff: Staff, trying: Attempt) -> LoggedIn | HalfWay:
    has_one = bool(await passkey_store.of_staff(tx, staff.id))
    if has_one or await passkey_store.required(tx):
        # what failed before is forgiven with the passkey alone
        token, expires = ids.secret(), clock.now() + HALF_WAY_LIFE
        wanted = Wanted.PROOF if has_one else Wanted.FIRST
        digest = passwords.digest(token)
        await passkey_store.ask(tx, digest, staff.id, wanted, expires)
        return HalfWay(token, expires)
    await trying.succeeded(tx)
    return await open_session(tx, staff, By.PASSWORD)


async def open_session(tx: Transaction, staff: Staff, by: By) -> LoggedIn:
    """A session of who has proven who they are."""
    now = clock.now()
    token, expires = ids.secret(), now + SESSION_LIFE
    await store.open_session(tx, passwords.digest(token), staff.id, expires, by)
    timeline.append(tx, "desk", events.StaffLoggedIn(staff.id, by.value))
    return LoggedIn(staff, token, expires)


async def session(tx: Transaction, token: str) -> Staff | None:
    """Whose session it is; None once it ended."""
    return await store.by_session(tx, passwords.digest(token), clock.now())


async def log_out(tx: Transaction, token: str) -> By | None:
    """End the session; what it was opened by. Repeating it changes nothing."""
    digest = passwords.digest(token)
    opened_by = await passkey_store.opened_by(tx, digest)
    await store.close_session(tx, digest)
    return opened_by
