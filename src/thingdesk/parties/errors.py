"""What the parties refuse in more than one place."""

from collections.abc import Sequence

from thingdesk.platform.errors import FieldError, Recovery, Refused, refuse


def unknown_machine(machine: str) -> Refused:
    return refuse("machine_unknown", f"the desk knows no machine {machine!r}", Recovery.CONTACT_US)


def invalid(what: str, fields: Sequence[FieldError]) -> Refused:
    """`what` cannot be registered; `fields` says why and how to mend it."""
    problems = "; ".join(f"{one.path} {one.problem} ({one.mend})" for one in fields)
    return refuse("invalid_input", f"{what}: {problems}", fields=tuple(fields))
