"""Accounts of staff, and the one-time links by which they set a password."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import errors, events, passwords, validate
from thingdesk.parties import staff_store as store
from thingdesk.parties.attempts import forget
from thingdesk.parties.model import Role, Staff
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, Refused, invalid, refuse

LINK_LIFE = timedelta(hours=24)


async def first_account(tx: Transaction, email: str, name: str) -> str:
    """The one-time token by which the first admin sets a password; the command prints its link.

    Until then it may be asked for again, and the newest one counts. Raises Refused when somebody
    can log in already: they add the others.
    """
    await store.lock(tx)
    if await store.anybody_ready(tx):
        raise refuse(
            "staff_exists",
            "somebody can log in already: let them add you, or renew your link",
            Recovery.CONTACT_US,
        )
    known = await store.by_email(tx, email.lower())
    staff = known[0] if known else await add_staff(tx, email, name, [Role.ADMIN])
    return await set_up_link(tx, staff.id)


async def add_staff(
    tx: Transaction, email: str, name: str, roles: Collection[Role], by: UUID | None = None
) -> Staff:
    """A new account, without a password yet. Raises Refused: bad values, a known address."""
    fields = [*validate.email(email), *validate.name(name), *_role_problems(roles)]
    if fields:
        raise invalid("the account cannot be added", fields)
    staff = Staff(ids.new(), email.lower(), name, frozenset(roles), ready=False)
    if not await store.add(tx, staff, clock.now()):
        words = f"there is, or was, an account of {email}"
        field = FieldError("email", "has, or had, an account", "use another address")
        raise refuse("staff_known", words, fields=(field,))
    timeline.append(tx, "desk", events.StaffAdded(staff.id, _names(staff.roles), by))
    return staff


async def set_roles(
    tx: Transaction, staff_id: UUID, roles: Collection[Role], by: UUID | None = None
) -> None:
    """Give one of the staff these roles and no others. To those they have: nothing happens.

    Raises Refused: no account, no role, or nobody would be left who may administer.
    """
    fields = list(_role_problems(roles))
    if fields:
        raise invalid("the roles cannot be set", fields)
    await store.lock(tx)
    staff = await store.get(tx, staff_id)
    if staff is None:
        raise errors.unknown_staff()
    if staff.roles == frozenset(roles):
        return
    if Role.ADMIN not in roles:
        await _leave_an_admin(tx, staff)
    await store.set_roles(tx, staff_id, frozenset(roles))
    timeline.append(tx, "desk", events.StaffRolesSet(staff_id, _names(roles), by))


async def set_up_link(tx: Transaction, staff_id: UUID, by: UUID | None = None) -> str:
    """A token to set a password with, good once and for a day; older ones end."""
    if await store.get(tx, staff_id) is None:
        raise errors.unknown_staff()
    token = ids.secret()
    expires = clock.now() + LINK_LIFE
    await store.put_link(tx, passwords.digest(token), staff_id, expires)
    timeline.append(tx, "desk", events.StaffLinkMade(staff_id, by))
    return token


async def read_set_up_link(tx: Transaction, token: str) -> Staff:
    """Whose link it is; reading does not use it up. Raises Refused."""
    staff = await store.by_link(tx, passwords.digest(token), clock.now())
    if staff is None:
        raise _used_up()
    return staff


async def set_up(tx: Transaction, token: str, password: str) -> Staff:
    """Set a password, once per link; sessions of theirs end, and what failed before counts no more.
    Raises Refused.
    """
    staff = await read_set_up_link(tx, token)
    passwords.check_strength(password)
    hashed = await passwords.hash_password(password)
    if not await store.take_link(tx, passwords.digest(token)):
        raise _used_up()
    await store.set_password(tx, staff.id, hashed)
    await store.close_sessions(tx, staff.id)
    await forget(tx, staff.email)
    timeline.append(tx, "desk", events.StaffSetUp(staff.id))
    return staff


async def disable_staff(tx: Transaction, staff_id: UUID, by: UUID | None = None) -> None:
    """Close an account and end its sessions. Repeating it changes nothing.

    Raises Refused when nobody would be left who may administer.
    """
    await store.lock(tx)
    if staff := await store.get(tx, staff_id):
        await _leave_an_admin(tx, staff)
    if await store.disable(tx, staff_id, clock.now()):
        await store.close_sessions(tx, staff_id)
        timeline.append(tx, "desk", events.StaffDisabled(staff_id, by))


async def all_staff(tx: Transaction) -> list[Staff]:
    """Everybody who has an account, by name."""
    return await store.every(tx)


async def staff_names(tx: Transaction, staff: Sequence[UUID]) -> dict[UUID, str]:
    """How they are called, those whose account was closed, too."""
    return await store.names(tx, staff)


async def get_staff(tx: Transaction, staff_id: UUID) -> Staff | None:
    return await store.get(tx, staff_id)


async def _leave_an_admin(tx: Transaction, staff: Staff) -> None:
    # who has set no password yet cannot administer anything
    if not (staff.ready and Role.ADMIN in staff.roles):
        return
    admins = [one for one in await store.every(tx) if one.ready and Role.ADMIN in one.roles]
    if len(admins) == 1:
        words = f"{staff.name} is the last one who may administer: let another admin log in first"
        raise refuse("last_admin", words, Recovery.CONTACT_US)


def _names(roles: Collection[Role]) -> tuple[str, ...]:
    return tuple(sorted(role.value for role in roles))


def _role_problems(roles: Collection[Role]) -> Iterator[FieldError]:
    if not roles:
        yield FieldError("roles", "is empty", "give at least one role")


def _used_up() -> Refused:
    return refuse(
        "link_expired", "this link was used, replaced, or is too old", Recovery.CONTACT_US
    )
