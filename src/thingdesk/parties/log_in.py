"""Sessions of staff. Guessing is slowed down, by name and by where it comes from."""

from datetime import datetime, timedelta

from thingdesk import timeline
from thingdesk.parties import events, passwords
from thingdesk.parties import staff_store as store
from thingdesk.parties.model import LoggedIn, Staff
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal

SESSION_LIFE = timedelta(hours=12)
FREE_BY_NAME, FREE_BY_SOURCE = 5, 50
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)
_MOST_DOUBLINGS = 5


async def log_in(tx: Transaction, email: str, password: str, source: str) -> LoggedIn | Refusal:
    """A new session of staff, or why there is none; `source` is where the attempt comes from.

    The refusal is returned and not raised, so that the failure is counted when `tx` commits.
    After five failures of a name, or fifty from a source, each further one must wait: 30 s, then
    twice as long, up to 15 min. It says neither whether the address is known nor what was wrong.
    """
    now = clock.now()
    email = _storable(email.lower())
    free = {f"name {email}": FREE_BY_NAME, f"source {_storable(source)}": FREE_BY_SOURCE}
    # the rows stay locked until the commit: guesses at one name cannot run side by side
    attempts = await store.attempt(tx, sorted(free), now)
    blocked = [until for _, until in attempts.values() if until and until > now]
    if blocked:
        return _throttled(max(blocked) - now)
    known = await store.by_email(tx, email)
    staff, hashed = known or (None, None)
    if not await passwords.fits(password, hashed) or staff is None:
        await store.fail(
            tx,
            [(one, _blocked(failures + 1 - free[one])) for one, (failures, _) in attempts.items()],
        )
        return Refusal(
            "log_in_failed", "address and password do not fit together", Recovery.FIX_INPUT
        )
    await store.forgive(tx, f"name {email}")
    return await _open(tx, staff)


async def _open(tx: Transaction, staff: Staff) -> LoggedIn:
    now = clock.now()
    token, expires = ids.secret(), now + SESSION_LIFE
    await store.open_session(tx, passwords.digest(token), staff.id, expires)
    timeline.append(tx, "desk", events.StaffLoggedIn(staff.id))
    return LoggedIn(staff, token, expires)


async def session(tx: Transaction, token: str) -> Staff | None:
    """Whose session it is; None once it ended."""
    return await store.by_session(tx, passwords.digest(token), clock.now())


async def log_out(tx: Transaction, token: str) -> None:
    """End the session. Repeating it changes nothing."""
    await store.close_session(tx, passwords.digest(token))


def _storable(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\0", "").strip()[:254]


def _blocked(beyond: int) -> datetime | None:
    """Until when to wait after a failure that is `beyond` the free ones."""
    if beyond < 0:
        return None
    pause = _FIRST_PAUSE * (1 << min(beyond, _MOST_DOUBLINGS))
    return clock.now() + min(pause, _LONGEST_PAUSE)


def _throttled(wait: timedelta) -> Refusal:
    seconds = max(1, round(wait.total_seconds()))
    return Refusal(
        "log_in_throttled",
        f"too many attempts have failed: try again in {seconds} seconds",
        Recovery.RETRY,
    )
