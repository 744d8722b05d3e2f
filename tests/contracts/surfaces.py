"""What each surface says of the services, read from what it shows to the world."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict

from thingdesk import __version__, catalog
from thingdesk.catalog import Catalog, Service
from thingdesk.channels import http
from thingdesk.channels.a2a import make_card
from thingdesk.channels.a2a.card import ASKING
from thingdesk.channels.cards import About, make_support_card
from thingdesk.channels.http import schemas, services
from thingdesk.channels.http.thing import SERVICE
from thingdesk.channels.mcp.describe import FOLLOW, describe_tool, subject_argument
from thingdesk.channels.mqtt import asyncapi
from thingdesk.channels.tmf621.tickets import specification

Made = dict[str, Any]
BASE = "https://desk.example"
BROKER = "mqtts://desk.example"
ABOUT = About(BASE, BROKER, "", 20, 1200)


@dataclass(frozen=True)
class Surface:
    """How the services are shown there, and what the shown says of each, by its name."""

    show: Callable[[Catalog], Any]
    read: Callable[[Any, Service], Made]
    names: Callable[[Any], Iterable[str]]
    offers: Callable[[Service], bool] = lambda _: True


def whole(service: Service) -> Made:
    """All that can be said of a service: what is said anywhere has to be as it is here."""
    told = catalog.describe(service)
    given = resolved(told["input"], told["input"])
    return {
        **catalog.terms(told),
        "title": told["title"],
        "words": told["description"],
        "explained": catalog.explain(told),
        "input": given,
        "outcome": resolved(told["outcome"], told["outcome"]),
        "fields": sorted(given.get("properties", {})),
        "needed": sorted(given.get("required", [])),
    }


def resolved(schema: Any, document: Made) -> Any:
    """The schema with what it points at in the document in its place."""
    if isinstance(schema, list):
        return [resolved(one, document) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        beside = {name: one for name, one in schema.items() if name != "$ref"}
        return resolved({**found, **beside}, document)
    return {name: resolved(one, document) for name, one in schema.items() if name != "$defs"}


def _openapi(offered: Catalog) -> Made:
    return schemas.document(offered, services.make_router(offered).routes, __version__)


def _of_openapi(shown: Made, service: Service) -> Made:
    operation = shown["paths"][f"/services/{service.name}"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    outcome = shown["components"]["schemas"][f"{service.name}.outcome"]
    return {
        **operation["x-service"],
        "title": operation["summary"],
        "words": operation["description"],
        "input": resolved(body, shown),
        "outcome": resolved(outcome, shown),
    }


def _specifications(offered: Catalog) -> Made:
    return {one.name: specification(one, BASE) for one in offered if not one.instant}


def _of_specification(shown: Made, service: Service) -> Made:
    made = shown[service.name]
    fields = {one["name"]: one["minCardinality"] for one in made["specCharacteristic"]}
    return {
        "version": made["version"],
        "title": made["name"],
        "words": made["description"],
        "fields": sorted(fields),
        "needed": sorted(name for name, least in fields.items() if least == 1),
    }


def _tools(offered: Catalog) -> Made:
    return {
        one.name: describe_tool(one).model_dump(mode="json", by_alias=True, exclude_none=True)
        for one in offered
    }


def _of_tool(shown: Made, service: Service) -> Made:
    tool = shown[service.name]
    given = resolved(tool["inputSchema"], tool["inputSchema"])
    assert given["properties"].pop(subject_argument(service))
    return {
        **{name.removeprefix("thingdesk/"): one for name, one in tool["_meta"].items()},
        "title": tool["title"],
        "explained": tool["description"].removesuffix(FOLLOW),
        "input": given,
    }


def _agent_card(offered: Catalog) -> Made:
    card: Made = MessageToDict(make_card(offered, BASE))
    return card


def _of_agent_card(shown: Made, service: Service) -> Made:
    (skill,) = [one for one in shown["skills"] if one["id"] == service.name]
    (asking,) = [one for one in shown["capabilities"]["extensions"] if one["uri"] == ASKING]
    said = dict(asking["params"]["services"][service.name])
    return {
        **said,
        "title": skill["name"],
        "explained": skill["description"],
        "input": resolved(said["input"], said["input"]),
        "outcome": resolved(said["outcome"], said["outcome"]),
    }


def _asyncapi(offered: Catalog) -> Made:
    return asyncapi.describe(offered, BROKER)


def _of_asyncapi(shown: Made, service: Service) -> Made:
    message = shown["components"]["messages"][f"report.{service.name}"]
    data = message["payload"]["properties"]["data"]["properties"]
    assert data["service"] == {"const": service.name}
    return {
        **message["x-service"],
        "title": message["title"],
        "words": message["description"],
        "input": resolved(data["input"], shown),
    }


def _support_card(offered: Catalog) -> Made:
    return make_support_card(offered, ABOUT)


def _of_support_card(shown: Made, service: Service) -> Made:
    (one,) = [each for each in shown["services"] if each["name"] == service.name]
    same = ("version", "stage", "safety", "responsible", "kinds", "effects", "expectations")
    evidence = one["evidence"]
    return {
        **{name: one[name] for name in (*same, "title", "business_hours")},
        "words": one["description"],
        "instant": one["answered"] == "at_once",
        "promise": one["promise_seconds"],
        "identity": evidence["same_problem"],
        "needed": sorted(evidence["needed"]),
        "input": resolved(evidence["schema"], evidence["schema"]),
        "outcome": resolved(one["outcome"], one["outcome"]),
    }


def _thing(offered: Catalog) -> Made:
    return http.make_thing(offered, BASE)


def _of_thing(shown: Made, service: Service) -> Made:
    action = shown["actions"][service.name]
    outcome = action[SERVICE]["outcome"]
    return {
        **action[SERVICE],
        "instant": action["synchronous"],
        "title": action["title"],
        "words": action["description"],
        "input": action["input"],
        "outcome": resolved(outcome, outcome),
    }


def _within(prefix: str, names: Iterable[str]) -> list[str]:
    return [one.removeprefix(prefix) for one in names if one.startswith(prefix)]


SURFACES = {
    "openapi": Surface(_openapi, _of_openapi, lambda shown: _within("/services/", shown["paths"])),
    "tmf621": Surface(_specifications, _of_specification, list, lambda one: not one.instant),
    "mcp": Surface(_tools, _of_tool, list),
    "a2a": Surface(_agent_card, _of_agent_card, lambda shown: [s["id"] for s in shown["skills"]]),
    "asyncapi": Surface(
        _asyncapi,
        _of_asyncapi,
        lambda shown: _within("report.", shown["components"]["messages"]),
    ),
    "support card": Surface(
        _support_card, _of_support_card, lambda shown: [s["name"] for s in shown["services"]]
    ),
    "thing": Surface(
        _thing, _of_thing, lambda shown: [one for one in shown["actions"] if one != "withdraw"]
    ),
}
