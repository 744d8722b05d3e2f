from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class MachineRegistered(Event):
    """A machine became known to the desk. On its stream."""

    kind: ClassVar[str] = "machine.registered"
    machine: str
    model: str
    serial: str | None


@dataclass(frozen=True, slots=True)
class MachineChanged(Event):
    """What is registered of a machine was changed. On its stream."""

    kind: ClassVar[str] = "machine.changed"
    machine: str
    model: str
    serial: str | None


@dataclass(frozen=True, slots=True)
class KeyAdded(Event):
    """A machine may sign with one more key. On its stream; `by` is one of the staff."""

    kind: ClassVar[str] = "machine.key_added"
    machine: str
    kid: str
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class KeyRevoked(Event):
    """A key of a machine is good for nothing any more, for `reason`. On its stream; `by` is one
    of the staff.
    """

    kind: ClassVar[str] = "machine.key_revoked"
    machine: str
    kid: str
    reason: str
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class OwnershipBegan(Event):
    """A machine became an owner's, at `begins` in ISO 8601. On the streams of both; `by` is who of
    the staff transferred it.
    """

    kind: ClassVar[str] = "ownership.began"
    machine: str
    owner: UUID
    begins: str
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class OwnershipEnded(Event):
    """A machine is an owner's no more, since `ends` in ISO 8601. On the streams of both; `by` is
    who of the staff transferred it.
    """

    kind: ClassVar[str] = "ownership.ended"
    machine: str
    owner: UUID
    ends: str
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class OwnerRegistered(Event):
    """Somebody became known for whom machines may act. On their stream; `by` is one of the staff,
    or nobody where a fleet was registered.
    """

    kind: ClassVar[str] = "owner.registered"
    owner: UUID
    by: UUID | None


@dataclass(frozen=True, slots=True)
class OwnerChanged(Event):
    """What is registered of an owner was changed: the names of the fields, not their values. On
    their stream; `by` is one of the staff.
    """

    kind: ClassVar[str] = "owner.changed"
    owner: UUID
    fields: tuple[str, ...]
    by: UUID | None


@dataclass(frozen=True, slots=True)
class OwnerLinksEnded(Event):
    """No link that an owner got before works any more. On their stream; `by` is one of the staff,
    or nobody where the owner ended them.
    """

    kind: ClassVar[str] = "owner.links_ended"
    owner: UUID
    by: UUID | None


@dataclass(frozen=True, slots=True)
class OwnerErased(Event):
    """What was personal of an owner was erased, for ever. On their stream; `by` is one of the
    staff.
    """

    kind: ClassVar[str] = "owner.erased"
    owner: UUID
    by: UUID | None


@dataclass(frozen=True, slots=True)
class StaffAdded(Event):
    """One of the staff was given an account, by another one or by the command. On `desk`."""

    kind: ClassVar[str] = "staff.added"
    staff: UUID
    roles: tuple[str, ...]
    by: UUID | None


@dataclass(frozen=True, slots=True)
class StaffLinkMade(Event):
    """A one-time link was made by which one of the staff can set a password, by another one or by
    the command. On `desk`.
    """

    kind: ClassVar[str] = "staff.link_made"
    staff: UUID
    by: UUID | None


@dataclass(frozen=True, slots=True)
class StaffRolesSet(Event):
    """One of the staff has other roles, given by another one. On `desk`."""

    kind: ClassVar[str] = "staff.roles_set"
    staff: UUID
    roles: tuple[str, ...]
    by: UUID | None


@dataclass(frozen=True, slots=True)
class StaffSetUp(Event):
    """One of the staff set a password through a one-time link. On `desk`."""

    kind: ClassVar[str] = "staff.set_up"
    staff: UUID


@dataclass(frozen=True, slots=True)
class StaffDisabled(Event):
    """An account was closed and its sessions ended. On `desk`."""

    kind: ClassVar[str] = "staff.disabled"
    staff: UUID
    by: UUID | None


@dataclass(frozen=True, slots=True)
class StaffLoggedIn(Event):
    """A session of staff began; `how`: by a `password` alone, with a `passkey` after it, or by an
    `issuer` that vouches for them. On `desk`.
    """

    kind: ClassVar[str] = "staff.logged_in"
    staff: UUID
    how: str = "password"


@dataclass(frozen=True, slots=True)
class StaffVouchedFor(Event):
    """From now on an issuer vouches for one of the staff: an OpenID Connect provider. On `desk`."""

    kind: ClassVar[str] = "staff.vouched_for"
    staff: UUID
    issuer: str


@dataclass(frozen=True, slots=True)
class StaffPasskeyAdded(Event):
    """One of the staff added a passkey to their account, by a name of their own. On `desk`."""

    kind: ClassVar[str] = "staff.passkey_added"
    staff: UUID
    name: str


@dataclass(frozen=True, slots=True)
class StaffPasskeyRemoved(Event):
    """One of the staff removed a passkey of theirs. On `desk`."""

    kind: ClassVar[str] = "staff.passkey_removed"
    staff: UUID
    name: str


@dataclass(frozen=True, slots=True)
class StaffPasskeysReset(Event):
    """All passkeys of one of the staff were removed and their sessions ended, by another one, or
    by the command. On `desk`.
    """

    kind: ClassVar[str] = "staff.passkeys_reset"
    staff: UUID
    number: int
    by: UUID | None


@dataclass(frozen=True, slots=True)
class StaffPasskeyDoubted(Event):
    """A passkey signed well but had counted less than before, as the copy of one would: it was
    refused. On `desk`.
    """

    kind: ClassVar[str] = "staff.passkey_doubted"
    staff: UUID
    name: str


@dataclass(frozen=True, slots=True)
class StaffPasskeysRequired(Event):
    """Whoever logs in by a password has to have a passkey from now on, or, `required` being
    false, not any more. On `desk`; `by` is one of the staff.
    """

    kind: ClassVar[str] = "staff.passkeys_required"
    required: bool
    by: UUID


@dataclass(frozen=True, slots=True)
class ProviderRegistered(Event):
    """A provider became known, or what is registered of them was changed. On `desk`."""

    kind: ClassVar[str] = "provider.registered"
    provider: UUID


@dataclass(frozen=True, slots=True)
class DeskKeyAdded(Event):
    """The desk has a new key, which signs from `signs_from` on, in ISO 8601. On `desk`; `by` is one
    of the staff.
    """

    kind: ClassVar[str] = "desk.key_added"
    kid: str
    signs_from: str
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class OwnerLoggedIn(Event):
    """An owner logged in by a code that was mailed to them. On their stream."""

    kind: ClassVar[str] = "owner.logged_in"
    owner: UUID
