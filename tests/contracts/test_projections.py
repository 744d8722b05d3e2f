"""What each surface says of a service is what the catalog says: all of them are made of it."""

from typing import Any

import pytest

from thingdesk import __version__, catalog
from thingdesk.catalog import Catalog, Service
from thingdesk.channels.http import schemas, services
from thingdesk.channels.tmf621.tickets import specification
from thingdesk.loading import load
from thingdesk.platform.settings import READY_PACKS

OFFERED = Catalog(load((), READY_PACKS).services)
DESCRIBED = schemas.document(OFFERED, services.make_router(OFFERED).routes, __version__)
SERVICES = pytest.mark.parametrize("service", list(OFFERED), ids=lambda one: one.name)


def resolved(schema: Any, components: dict[str, Any]) -> Any:
    """The schema with what it points at in its place, and without what OpenAPI adds to texts."""
    if isinstance(schema, list):
        return [resolved(one, components) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolved(components[schema["$ref"].rpartition("/")[2]], components)
    return {name: resolved(one, components) for name, one in schema.items() if name != "$defs"}


def plain(schema: dict[str, Any]) -> Any:
    """A schema of the catalog, with its parts in their places."""
    return resolved(schema, schema.get("$defs", {}))


def without_patterns(schema: Any) -> Any:
    if isinstance(schema, list):
        return [without_patterns(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: without_patterns(one) for name, one in schema.items() if name != "pattern"}


@SERVICES
def test_the_operation_is_that_of_the_catalog(service: Service) -> None:
    told = catalog.describe(service)
    operation = DESCRIBED["paths"][f"/services/{service.name}"]["post"]
    components = DESCRIBED["components"]["schemas"]
    assert operation["summary"] == told["title"]
    assert operation["x-service"]["promise"] == told["promise"]
    assert operation["x-service"]["effects"] == told["effects"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    asked = resolved(body, components)
    assert without_patterns(asked) == without_patterns(plain(told["input"]))
    outcome = components[f"{service.name}.outcome"]
    assert resolved(outcome, components) == plain(told["outcome"])
    assert set(operation["responses"]) == {"200" if service.instant else "202", "default"}


@SERVICES
def test_the_specification_of_tickets_is_that_of_the_catalog(service: Service) -> None:
    told, made = catalog.describe(service), specification(service, "")
    assert (made["id"], made["name"], made["version"]) == (
        told["name"],
        told["title"],
        told["version"],
    )
    fields = told["input"].get("properties", {})
    assert [one["name"] for one in made["specCharacteristic"]] == list(fields)
    needed = {one["name"] for one in made["specCharacteristic"] if one["minCardinality"]}
    assert needed == set(told["input"].get("required", ()))


def test_every_service_is_an_operation() -> None:
    paths = {path.rpartition("/")[2] for path in DESCRIBED["paths"]}
    assert paths == {one.name for one in OFFERED}
