"""The events of the timeline, from the dataclasses that are written."""

import inspect
import pkgutil
import re
from dataclasses import fields
from importlib import import_module
from typing import get_type_hints

from scripts.reference.words import page, said, table

import thingdesk
from thingdesk.timeline import Event

INTRO = """
Whatever happens is appended to the timeline, in the transaction in which it happens, on a stream:
`case:ID`, `machine:ID`, `owner:ID` or `desk`. An entry has its stream, its number there (`seq`),
the time (`at`), its kind, and the fields below as JSON (`value`, null once erased). The streams'
chains of hashes are what `thingdesk doctor` verifies.
"""


def kinds() -> list[type[Event]]:
    """All events of the product, in the order of their stages and kinds."""
    for one in pkgutil.walk_packages(thingdesk.__path__, "thingdesk."):
        if one.name.endswith(".events"):
            import_module(one.name)
    found = [one for one in _below(Event) if _is_current(one)]
    return sorted(found, key=lambda one: (one.__module__, one.kind))


def make() -> str:
    parts: list[str] = []
    stage = ""
    for one in kinds():
        if (owner := one.__module__.split(".")[1]) != stage:
            stage = owner
            parts.append(f"## {stage}")
        parts.append(section(one))
    return page("Events of the timeline", INTRO, *parts)


def section(event: type[Event]) -> str:
    head = f"### {event.kind}\n\n{said(event, f'the event {event.__name__}')}"
    hints = get_type_hints(event)
    rows = [(f"`{one.name}`", f"`{_name(hints[one.name])}`") for one in fields(event)]  # type: ignore[arg-type]
    return head + "\n\n" + table(("field", "type"), rows) if rows else head


def _name(hint: object) -> str:
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])", "", inspect.formatannotation(hint))


def _is_current(event: type[Event]) -> bool:
    # a dataclass with slots is made anew; the class that it was made from is still about
    return vars(import_module(event.__module__)).get(event.__name__) is event


def _below(kind: type[Event]) -> list[type[Event]]:
    """Those of the product: whoever else defines events, such as a test, documents them itself."""
    own = [sub for sub in kind.__subclasses__() if sub.__module__.startswith("thingdesk.")]
    return [one for sub in own for one in (sub, *_below(sub))]
