"""The support card: what can be asked for, with which evidence, and what is promised. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from thingdesk.access import Surface
from thingdesk.cases import MOST_HOPS
from thingdesk.catalog import Service, describe
from thingdesk.dialogue import MOST_TURNS
from thingdesk.platform import cloudevents

SUPPORT = "/.well-known/machine-support.json"
THING = "/.well-known/wot"
TICKETS = "/tmf-api/troubleTicket/v5"
"""Where `thingdesk.channels.tmf621` answers."""
VERSION = "1"
LANGUAGES = ("en",)
_PROOF = (
    "A fault is called verified only by the subject's own later signals, begun after the work is"
    " said to be done; what somebody else says of it, silence and a cleared code prove nothing."
)


@dataclass(frozen=True, slots=True)
class About:
    """What of the desk is a matter of its settings: its address, that of its broker, how people
    reach a person, how many cases of one machine may be open, and its calls a minute.
    """

    base: str
    broker: str
    contact: str
    open_cases: int
    calls: int


def make_support_card(services: Iterable[Service], about: About) -> dict[str, Any]:
    """The card as it goes out."""
    return {
        "version": VERSION,
        "desk": {
            "url": about.base,
            "keys": f"{about.base}/v1/desk",
            "tokens": f"{about.base}/.well-known/oauth-authorization-server",
        },
        "languages": list(LANGUAGES),
        "person": {"words": about.contact or None, "pages": about.base},
        "doors": _doors(about),
        "limits": {
            "message_bytes": cloudevents.MOST_BYTES,
            "events_a_message": cloudevents.MOST_EVENTS,
            "depth": cloudevents.MOST_DEPTH,
            "open_cases_a_machine": about.open_cases,
            "calls_a_minute": about.calls,
            "hops": MOST_HOPS,
            "turns": MOST_TURNS,
        },
        "proof": _PROOF,
        "services": [_service(describe(one)) for one in services],
    }


def _doors(about: About) -> dict[str, Any]:
    base = about.base
    return {
        "http": {
            "url": Surface.HTTP.at(base),
            "catalog": f"{base}/v1/catalog",
            "openapi": f"{base}/v1/openapi.json",
            "thing": base + THING,
            "tickets": base + TICKETS,
        },
        "mcp": {"url": Surface.MCP.at(base)},
        "a2a": {"url": Surface.A2A.at(base), "card": f"{base}/.well-known/agent-card.json"},
        "mqtt": {"url": about.broker, "asyncapi": f"{base}/v1/asyncapi.json"},
    }


def _service(described: dict[str, Any]) -> dict[str, Any]:
    schema = described["input"]
    return {
        "name": described["name"],
        "version": described["version"],
        "title": described["title"],
        "description": described["description"],
        "stage": described["stage"],
        "kinds": described["kinds"],
        "safety": described["safety"],
        "answered": "at_once" if described["instant"] else "by_a_case",
        "responsible": described["responsible"],
        "evidence": {
            "needed": schema.get("required", []),
            "same_problem": described["identity"],
            "schema": schema,
        },
        "outcome": described["outcome"],
        "promise_seconds": described["promise"],
        "business_hours": described["business_hours"],
        "effects": described["effects"],
        "expectations": described["expectations"],
    }
