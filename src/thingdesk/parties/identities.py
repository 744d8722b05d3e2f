"""Log-ins that somebody else vouches for: the account they are, or become."""

from datetime import timedelta

from thingdesk import timeline
from thingdesk.parties import events, identity_store, passwords
from thingdesk.parties import staff_store as store
from thingdesk.parties.log_in import open_session
from thingdesk.parties.model import Role, Staff
from thingdesk.parties.proofs import By, LoggedIn, Vouched
from thingdesk.parties.staff import add_staff, set_roles
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, Refused

_CLOSED = Refusal("account_closed", "this account was closed", Recovery.CONTACT_US)
_UNPROVEN = Refusal(
    "email_unproven",
    "your e-mail address is not verified there, so that it cannot be known who you are here",
    Recovery.CONTACT_US,
)
_TAKEN = Refusal(
    "account_taken",
    "the account of this e-mail address is somebody else's there: ask an admin of the desk",
    Recovery.CONTACT_US,
)
_UNKNOWN = Refusal(
    "account_unknown",
    "there is no account of this e-mail address here: an admin of the desk invites you",
    Recovery.CONTACT_US,
)


async def log_in_vouched(tx: Transaction, who: Vouched) -> LoggedIn | Refusal:
    """A session of who is vouched for, or why there is none. The account is the one that they were
    before, or else that of their verified e-mail address, or else a new one with the roles that
    they are given. Roles that they are given are theirs from each log-in on, but for the last one
    who may administer, who stays that.
    """
    await store.lock(tx)
    known = await identity_store.of_identity(tx, who.issuer, who.subject)
    if known is None:
        found = await _first_time(tx, who)
        if isinstance(found, Refusal):
            return found
        known = found.id
    staff = await store.get(tx, known)
    if staff is None:
        return _CLOSED
    if who.roles and staff.roles != who.roles:
        staff = await _with_roles(tx, staff, who.roles)
    return await open_session(tx, staff, By.ISSUER)


async def _first_time(tx: Transaction, who: Vouched) -> Staff | Refusal:
    if not who.email:
        return _UNPROVEN
    known = await store.by_email(tx, who.email.lower())
    if known:
        staff, _ = known
        if await identity_store.has_identity(tx, staff.id, who.issuer):
            # an address that was given to somebody else there is no way into this account
            return _TAKEN
    elif who.roles:
        try:
            staff = await add_staff(tx, who.email, who.name or who.email, who.roles)
        except Refused as refused:
            return refused.refusal
    else:
        return _UNKNOWN
    await identity_store.add(tx, who.issuer, who.subject, staff.id, clock.now())
    timeline.append(tx, "desk", events.StaffVouchedFor(staff.id, who.issuer))
    return staff


async def _with_roles(tx: Transaction, staff: Staff, roles: frozenset[Role]) -> Staff:
    try:
        await set_roles(tx, staff.id, roles)
    except Refused:
        return staff
    return await store.get(tx, staff.id) or staff


async def came_back(tx: Transaction, state: str, lasts: timedelta) -> bool:
    """Whether a log-in elsewhere comes back for the first time; `lasts` is how long it may take."""
    return await identity_store.once(tx, passwords.digest(state), clock.now() + lasts)
