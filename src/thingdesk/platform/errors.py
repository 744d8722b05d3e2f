"""Refusals: values that say what is wrong, where, and how to mend it, in every channel the same."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Recovery(StrEnum):
    """What the sender of a refused request can do next."""

    RETRY = "retry"
    FIX_INPUT = "fix_input"
    ASK_OWNER = "ask_owner"
    CONTACT_US = "contact_us"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong: `path` in the input, the problem, and how to mend it."""

    path: str
    problem: str
    mend: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done. `code` is for machines and never changes its meaning."""

    code: str
    reason: str
    recovery: Recovery
    fields: tuple[FieldError, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """The refusal as it goes out on any channel."""
        return asdict(self)


class Refused(Exception):
    """Carries a refusal to the edge that answers it; make it with `refuse`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.reason}")
        self.refusal = refusal


def refuse(
    code: str,
    reason: str,
    recovery: Recovery = Recovery.FIX_INPUT,
    fields: tuple[FieldError, ...] = (),
) -> Refused:
    """A refusal, ready to be raised: `code` for machines, `reason` in words, `fields` what is
    wrong in the input.
    """
    return Refused(Refusal(code, reason, recovery, fields))


def invalid(what: str, fields: Sequence[FieldError]) -> Refused:
    """`what` is not possible; `fields` says why and how to mend it."""
    problems = "; ".join(f"{one.path} {one.problem} ({one.mend})" for one in fields)
    return refuse("invalid_input", f"{what}: {problems}", fields=tuple(fields))
