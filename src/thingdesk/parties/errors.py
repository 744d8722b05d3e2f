"""What is refused in more than one place, here or in the stages after this one."""

from uuid import UUID

from thingdesk.platform.errors import Recovery, Refused, refuse


def unknown_machine(machine: str) -> Refused:
    return refuse("machine_unknown", f"the desk knows no machine {machine!r}", Recovery.CONTACT_US)


def unknown_owner(owner_id: UUID) -> Refused:
    return refuse("owner_unknown", f"the desk knows no owner {owner_id}", Recovery.CONTACT_US)


def unknown_staff() -> Refused:
    return refuse("staff_unknown", "there is no such account", Recovery.CONTACT_US)


def erased_owner() -> Refused:
    return refuse("owner_erased", "what was known of this owner was erased", Recovery.CONTACT_US)
