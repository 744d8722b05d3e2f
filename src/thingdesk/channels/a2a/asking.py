"""What a message asks for: a service, by one data part. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from a2a.types import Message, Part, Role

from thingdesk.channels.a2a.values import data
from thingdesk.platform import formats
from thingdesk.platform.errors import FieldError, Refused, refuse

_MOST_PARTS = 16
_FIELDS = frozenset({"service", "input", "subject"})
_HOW = 'send one data part: {"service": NAME, "input": {...}, "subject": MACHINE}'


@dataclass(frozen=True, slots=True)
class Asking:
    """A service that is asked for; `subject` None: for whoever asks. `hops`: through how many hands
    it went before, as the message's metadata say.
    """

    service: str
    input: Mapping[str, Any]
    subject: str | None
    hops: int = 0


def read_asking(message: Message) -> Asking:
    """What is asked for. Text beside it is not read. Raises Refused."""
    if message.role != Role.ROLE_USER:
        raise _unfit("role", "is not ROLE_USER", "only the desk speaks as ROLE_AGENT")
    if len(message.parts) > _MOST_PARTS:
        raise _unfit("parts", "are too many", f"send {_MOST_PARTS} at most")
    if any(_kind(part) in ("raw", "url") for part in message.parts):
        raise _unfit("parts", "have a file", _HOW)
    try:
        given = [data(part.data) for part in message.parts if _kind(part) == "data"]
    except ValueError:
        raise _unfit("parts.data", "has a number that is none", "send finite numbers") from None
    if not given:
        raise refuse(
            "no_service_asked",
            f"text alone asks for nothing: {_HOW}; the agent card has the names and schemas",
            fields=(FieldError("parts", "have no data", _HOW),),
        )
    if len(given) > 1:
        raise _unfit("parts", "ask for several things", "send a message for each")
    return replace(_asking(given[0], message.context_id), hops=_hops(message))


def _asking(given: Any, context: str) -> Asking:
    if not isinstance(given, dict) or not isinstance(given.get("service"), str):
        raise _unfit("parts.data", "names no service", _HOW)
    if unknown := sorted(given.keys() - _FIELDS):
        raise _unfit(f"parts.data.{formats.field(unknown[0])}", "is unknown", _HOW)
    wanted, subject = given.get("input", {}), given.get("subject")
    if not isinstance(wanted, dict):
        raise _unfit("parts.data.input", "is no object", "send the input as an object")
    if subject is not None and not isinstance(subject, str):
        raise _unfit("parts.data.subject", "is no machine's id", "send its id, or leave it out")
    if context and subject and context != subject:
        words = "a context is the id of a machine: send the same, or leave it out"
        raise _unfit("context_id", "is not the subject", words)
    return Asking(given["service"], wanted, subject or context or None)


def _hops(message: Message) -> int:
    given = dict(message.metadata.items()).get("hops", 0.0)
    if not isinstance(given, float) or not given.is_integer():
        raise _unfit("metadata.hops", "is no whole number", "send how many hands it went through")
    return int(given)


def _kind(part: Part) -> str | None:
    kind: str | None = part.WhichOneof("content")
    return kind


def _unfit(path: str, problem: str, mend: str) -> Refused:
    return refuse(
        "unfit_message",
        f"the message's {path} {problem}",
        fields=(FieldError(path, problem, mend),),
    )
