"""In which form a hook is told: which entries of a case's timeline, and as what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from thingdesk.dialogue import CaseView, Told
from thingdesk.hooks import Delivery, Hook

Kinds = Callable[[Hook, Told], str | None]
Make = Callable[[Delivery, CaseView, Told], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Form:
    """`kind` says what an entry is called where this hook is told of it, None: it is not told.
    `make` makes the message. Where it says `all_of_it`, how the case stands, the newest is told
    alone, and at the case's end the hook of one case ends.
    """

    kind: Kinds
    make: Make
    media: str = "application/json"
    all_of_it: bool = False


def _kind(hook: Hook, told: Told) -> str | None:
    kinds = hook.asked.kinds
    return told.kind if kinds is None or told.kind in kinds else None


def _message(_: Delivery, case: CaseView, told: Told) -> Mapping[str, Any]:
    return {
        "type": told.kind,
        "timestamp": told.at.isoformat(),
        "data": {
            "case": str(case.id),
            "subject": case.subject,
            "service": case.service,
            "number": told.number,
            "hops": case.onward,
            "words": told.words,
            "state": case.state.value,
            "outcome": case.outcome.value if case.outcome else None,
            **({"detail": told.data} if told.data else {}),
        },
    }


OWN = "thingdesk"
OWN_FORM = Form(_kind, _message)
"""What is told as Standard Webhooks asks for it: type, time and data."""
