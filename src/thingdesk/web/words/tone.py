"""What the words of events are made of."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from thingdesk.platform import formats


class Tone(StrEnum):
    """How an event is marked beside its words."""

    WELL = "well"
    WRONG = "wrong"
    OPEN = "open"
    VERIFYING = "verifying"
    STILL = "still"


Value = Mapping[str, Any]


class Named(Protocol):
    """The names of people and providers by their ids; the titles of services by their names."""

    def __call__(self, one: object) -> str: ...

    def title(self, service: str) -> str: ...


Say = Callable[[Value, Named], str]


def moment(text: str) -> str:
    """A time that an event has as text."""
    return formats.soon(datetime.fromisoformat(text))
