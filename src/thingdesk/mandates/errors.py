from collections.abc import Sequence

from thingdesk.platform.errors import FieldError, Refused, refuse


def invalid(what: str, fields: Sequence[FieldError]) -> Refused:
    """`what` is not possible; `fields` says why and how to mend it."""
    problems = "; ".join(f"{one.path} {one.problem} ({one.mend})" for one in fields)
    return refuse("invalid_input", f"{what}: {problems}", fields=tuple(fields))
