"""The services and rules of the ready packs, as the catalog describes them."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from scripts.reference.words import Undocumented, data, page, said, table

from thingdesk import packs
from thingdesk.catalog import describe
from thingdesk.diagnosis import Rule

INTRO = """
What a desk offers without packs of its own; a running desk answers the same at `GET /v1/catalog`,
its own packs included. Durations are in seconds. The `identity` names the input fields that make
the problem: two reports of one subject with the same values there are about one case.
"""


def modules() -> list[ModuleType]:
    return [import_module(f"{packs.__name__}.{one.name}") for one in iter_modules(packs.__path__)]


def make() -> str:
    return page("Services of the ready packs", INTRO, *(one for m in modules() for one in pack(m)))


def pack(module: ModuleType) -> Iterator[str]:
    name = module.__name__.rpartition(".")[2]
    yield f"## {name}\n\n{said(module, name)}"
    for one in module.SERVICES:
        yield from service(describe(one))
    if module.RULES:
        yield f"### Rules of {name}"
        yield table(("rule", "for models", "asks for", "kind", "severity"), map(rule, module.RULES))


def service(one: dict[str, Any]) -> Iterator[str]:
    if one["description"] == one["title"]:
        raise Undocumented(f"the service {one['name']} has no docstring")
    yield f"### {one['name']}\n\n**{one['title']}.** {one['description']}"
    facts = ("version", "stage", "responsible", "promise", "effects", "identity")
    rows = [(name, _plain(one[name])) for name in facts]
    rows += [(name, "yes") for name in ("instant", "safety", "business_hours") if one[name]]
    rows += [(f"{who} expect", text or "none") for who, text in one["expectations"].items()]
    yield table(("", ""), rows)
    yield "Input:"
    yield data(one["input"])
    yield "Outcome:"
    yield data(one["outcome"])


def rule(one: Rule) -> tuple[str, str, str, str, str]:
    return f"`{one.name}`", f"`{one.model}`", f"`{one.service}`", type(one).__name__, one.severity


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {seconds:,} s" for name, seconds in value.items())
    if isinstance(value, list):
        return ", ".join(f"`{each}`" for each in value) or "none"
    return str(value)
