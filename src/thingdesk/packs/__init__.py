"""Ready services. A pack imports `thingdesk.sdk` and nothing else of the product.

A pack is a module with `SERVICES`, and `RULES` where it has some. One of your own may be anywhere
that Python imports from.
"""

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType


class PackError(ImportError):
    """A module that is set as a pack cannot be used; the message says why."""


def load(names: Iterable[str]) -> list[ModuleType]:
    """The modules of these names. Raises PackError."""
    return [_load(name) for name in names]


def _load(name: str) -> ModuleType:
    try:
        module = import_module(name)
    except ImportError as error:
        raise PackError(f"THINGDESK_PACKS: {name} cannot be imported: {error}") from error
    if not hasattr(module, "SERVICES"):
        raise PackError(f"THINGDESK_PACKS: {name} has no SERVICES, a tuple of its services")
    return module
