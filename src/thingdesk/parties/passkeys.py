"""Passkeys of staff: added, shown after the password, removed, reset, and required of everybody."""

from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import ceremony, errors, events, passwords, staff_store, validate
from thingdesk.parties import passkey_store as store
from thingdesk.parties.attempts import attempt, forgive
from thingdesk.parties.browsers import Browser
from thingdesk.parties.ceremony import Made, Unfit
from thingdesk.parties.log_in import HALF_WAY_LIFE, open_session
from thingdesk.parties.model import Staff
from thingdesk.parties.proofs import By, Challenge, LoggedIn, Passkey, Place, Wanted
from thingdesk.parties.staff import set_up_link
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, Refusal, refuse

MOST = 20
_AGAIN = Refusal(
    "log_in_again", "that took too long, or was used already: begin once more", Recovery.FIX_INPUT
)
_SILENT = Refusal(
    "passkey_missing",
    "the browser sent no passkey: a passkey needs JavaScript",
    Recovery.FIX_INPUT,
)
_UNFIT = Refusal(
    "passkey_unfit", "this passkey does not prove who you are: try once more", Recovery.FIX_INPUT
)
_NO_PASSKEY = Refusal(
    "passkey_unfit",
    "what the browser sent is no passkey that is good here: try once more",
    Recovery.FIX_INPUT,
)
_KNOWN = Refusal("passkey_known", "this passkey was added already", Recovery.FIX_INPUT)


async def passkey_asked(
    tx: Transaction, token: str, place: Place, desk: str
) -> tuple[Challenge, str] | None:
    """What a browser with this token is asked for, and what it is to be told, as JSON; None once
    that is over. The token is that of a `HalfWay`, or of a session in which `begin_passkey` was.
    """
    found = await store.asked(tx, passwords.digest(token), clock.now())
    if found is None:
        return None
    known = await store.of_staff(tx, found.staff.id)
    if found.wanted is Wanted.PROOF:
        return found, ceremony.ask_for_proof(known, place, found.challenge)
    return found, ceremony.ask_for_new(found.staff, known, place, found.challenge, desk)


async def show_passkey(
    tx: Transaction,
    token: str,
    answer: str,
    place: Place,
    source: str,
    browser: Browser | None = None,
) -> LoggedIn | Refusal:
    """The session of who is `HalfWay`, for the answer of a passkey of theirs; or why there is none,
    returned so that the failure is counted. What was to be signed is good for one answer.
    """
    if not answer:
        return _SILENT
    found = await store.take(tx, passwords.digest(token), clock.now())
    if found is None or found.wanted is not Wanted.PROOF:
        return _AGAIN
    trying = await attempt(tx, found.staff.email, source, browser)
    if not isinstance(trying, Refusal):
        if await _is_theirs(tx, found, answer, place):
            await trying.succeeded(tx)
            return await open_session(tx, found.staff, By.PASSKEY)
        await trying.failed(tx)
    await _ask_anew(tx, token, found)
    return trying if isinstance(trying, Refusal) else _UNFIT


async def _is_theirs(tx: Transaction, asked: Challenge, answer: str, place: Place) -> bool:
    known = await store.of_staff(tx, asked.staff.id, lock=True)
    try:
        passkey, count = ceremony.read_proof(answer, known, asked.staff, place, asked.challenge)
    except Unfit:
        return False
    if (count or passkey.sign_count) and count <= passkey.sign_count:
        timeline.append(tx, "desk", events.StaffPasskeyDoubted(asked.staff.id, passkey.name))
        return False
    await store.used(tx, passkey.id, count, clock.now())
    return True


async def add_first_passkey(
    tx: Transaction, token: str, answer: str, name: str, place: Place
) -> LoggedIn | Refusal:
    """The session of who is `HalfWay` as everybody has to have a passkey, and had none; or why
    there is none.
    """
    staff = await _add(tx, token, Wanted.FIRST, answer, name, place)
    if isinstance(staff, Refusal):
        return staff
    await forgive(tx, staff.email)
    return await open_session(tx, staff, By.PASSKEY)


async def begin_passkey(
    tx: Transaction,
    session: str,
    staff: Staff,
    password: str,
    source: str,
    browser: Browser | None = None,
) -> Refusal | None:
    """Ask the browser of this session for one more passkey, once the password was given again: who
    finds a session open must not be able to come back for ever. Why not is returned, to be counted.
    """
    refusal = await _knows_the_password(tx, staff, password, source, browser)
    if refusal is None:
        if len(await store.of_staff(tx, staff.id)) >= MOST:
            words = f"an account has {MOST} passkeys at most: remove one first"
            return Refusal("passkeys_many", words, Recovery.FIX_INPUT)
        until = clock.now() + HALF_WAY_LIFE
        await store.ask(tx, passwords.digest(session), staff.id, Wanted.ANOTHER, until)
    return refusal


async def add_passkey(
    tx: Transaction, session: str, answer: str, name: str, place: Place
) -> Refusal | None:
    """Add the passkey that `begin_passkey` asked for; or why not."""
    added = await _add(tx, session, Wanted.ANOTHER, answer, name, place)
    if isinstance(added, Refusal):
        return added
    await store.strengthen(tx, passwords.digest(session))
    return None


async def _add(
    tx: Transaction, token: str, wanted: Wanted, answer: str, name: str, place: Place
) -> Staff | Refusal:
    if wrong := tuple(validate.name(name)):
        return Refusal("invalid_input", "the passkey needs a name", Recovery.FIX_INPUT, wrong)
    if not answer:
        return _SILENT
    found = await store.take(tx, passwords.digest(token), clock.now())
    if found is None or found.wanted is not wanted or await _is_late(tx, found):
        return _AGAIN
    try:
        made = ceremony.read_new(answer, place, found.challenge)
    except Unfit:
        await _ask_anew(tx, token, found)
        return _NO_PASSKEY
    if not await store.add(tx, found.staff.id, _passkey(made, name)):
        await _ask_anew(tx, token, found)
        return _KNOWN
    timeline.append(tx, "desk", events.StaffPasskeyAdded(found.staff.id, name))
    return found.staff


async def _is_late(tx: Transaction, asked: Challenge) -> bool:
    """Whether who was to add their first has one by now: somebody else knows the password, too."""
    if asked.wanted is not Wanted.FIRST:
        return False
    await staff_store.lock_account(tx, asked.staff.id)
    return bool(await store.of_staff(tx, asked.staff.id))


async def _ask_anew(tx: Transaction, token: str, before: Challenge) -> None:
    digest = passwords.digest(token)
    await store.ask(tx, digest, before.staff.id, before.wanted, before.expires)


def _passkey(made: Made, name: str) -> Passkey:
    return Passkey(
        ids.new(),
        name,
        clock.now(),
        None,
        made.credential,
        made.public_key,
        made.sign_count,
        made.transports,
    )


async def remove_passkey(
    tx: Transaction,
    staff: Staff,
    passkey_id: UUID,
    password: str,
    source: str,
    browser: Browser | None = None,
) -> Refusal | None:
    """Remove a passkey of theirs, for the password; one that is gone stays so. Why not is returned:
    the password is wrong, or it is the last one and everybody has to have one.
    """
    refusal = await _knows_the_password(tx, staff, password, source, browser)
    if refusal:
        return refusal
    known = await store.of_staff(tx, staff.id, lock=True)
    gone = next((one for one in known if one.id == passkey_id), None)
    if gone is None:
        return None
    if len(known) == 1 and await store.required(tx):
        words = "everybody has to have a passkey, and this is your last one: add another one first"
        return Refusal("last_passkey", words, Recovery.FIX_INPUT)
    await store.remove(tx, passkey_id)
    timeline.append(tx, "desk", events.StaffPasskeyRemoved(staff.id, gone.name))
    return None


async def reset_passkeys(tx: Transaction, staff_id: UUID, by: UUID | None = None) -> int:
    """Remove all passkeys of who lost them, and end their sessions; how many there were. Raises
    Refused: no such account.
    """
    if await staff_store.get(tx, staff_id) is None:
        raise errors.unknown_staff()
    number = await store.remove_all(tx, staff_id)
    if number:
        await staff_store.close_sessions(tx, staff_id)
        timeline.append(tx, "desk", events.StaffPasskeysReset(staff_id, number, by))
    return number


async def recover_account(tx: Transaction, email: str) -> str:
    """For whoever runs the desk, where no admin can help any more: the passkeys of this account
    are removed, and what is returned is the token of a link that sets its password. Raises
    Refused: no such account.
    """
    known = await staff_store.by_email(tx, email.lower())
    if known is None:
        raise errors.unknown_staff()
    await reset_passkeys(tx, known[0].id)
    return await set_up_link(tx, known[0].id)


async def passkeys_of(tx: Transaction, staff_id: UUID) -> list[Passkey]:
    """Theirs, the oldest first."""
    return await store.of_staff(tx, staff_id)


async def passkey_counts(tx: Transaction) -> dict[UUID, int]:
    """How many passkeys each of the staff has who has any."""
    return await store.counts(tx)


async def passkeys_required(tx: Transaction) -> bool:
    """Whether whoever logs in by a password has to have a passkey."""
    return await store.required(tx)


async def require_passkeys(tx: Transaction, required: bool, session: str, by: UUID) -> None:
    """Require passkeys of everybody, or not any more; sessions that a password alone has opened end
    with it. Raises Refused where `session`, that of who requires it, is such a one.
    """
    if required == await store.required(tx):
        return
    if required and await store.opened_by(tx, passwords.digest(session)) is By.PASSWORD:
        words = "add a passkey of your own first, or log in with it: this would lock you out"
        raise refuse("passkey_first", words)
    await store.require(tx, required)
    if required:
        await store.close_weak_sessions(tx)
    timeline.append(tx, "desk", events.StaffPasskeysRequired(required, by))


async def _knows_the_password(
    tx: Transaction, staff: Staff, password: str, source: str, browser: Browser | None
) -> Refusal | None:
    trying = await attempt(tx, staff.email, source, browser)
    if isinstance(trying, Refusal):
        return trying
    known = await staff_store.by_email(tx, staff.email)
    if known is None or not await passwords.fits(password, known[1]):
        await trying.failed(tx)
        field = FieldError("password", "is another one", "type the one that you log in with")
        words = "this is not your password"
        return Refusal("password_wrong", words, Recovery.FIX_INPUT, (field,))
    await trying.succeeded(tx)
    return None
