"""What each surface says of the services is what the catalog says: all of them are made of it."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import jsonschema
import pytest
from tests.contracts.surfaces import SURFACES, Made, Surface, whole

from thingdesk.cases import MOST_HOPS
from thingdesk.catalog import Catalog, Service
from thingdesk.channels.http.event_schemas import components
from thingdesk.loading import load
from thingdesk.platform.settings import READY_PACKS

OFFERED = Catalog(load((), READY_PACKS).services)
SAID = {
    "openapi": {"title", "words", "input", "outcome", "terms"},
    "tmf621": {"title", "words", "fields", "needed", "version"},
    "mcp": {"title", "explained", "input", "terms"},
    "a2a": {"title", "explained", "input", "outcome", "terms"},
    "asyncapi": {"title", "words", "input", "terms"},
    "support card": {"title", "words", "input", "needed", "outcome", "terms"},
    "thing": {"title", "words", "input", "outcome", "terms"},
}
"""What each surface has to say at least; `terms` are all that `thingdesk.catalog.terms` has."""
EACH = pytest.mark.parametrize("name", SURFACES)


def test_whoever_describes_reports_says_through_how_many_hands_they_may_have_gone() -> None:
    over_http = components(OFFERED)
    (batch, *_), one = over_http["Reports"]["oneOf"], over_http["Reports.event"]["properties"]
    assert batch["$ref"].endswith("Reports.event")
    assert "hops" not in over_http["Signals.event"]["properties"]
    over_mqtt = SURFACES["asyncapi"].show(OFFERED)["components"]["messages"]
    reports = [said for name, said in over_mqtt.items() if name.startswith("report.")]
    for hops in (one["hops"], *(said["payload"]["properties"]["hops"] for said in reports)):
        assert (hops["minimum"], hops["maximum"]) == (0, MOST_HOPS)


def disagreements(name: str, shown: Any) -> list[str]:
    """Where what is shown on a surface is not what the catalog says."""
    surface = SURFACES[name]
    wanted = [one for one in OFFERED if surface.offers(one)]
    if (names := sorted(surface.names(shown))) != sorted(one.name for one in wanted):
        return [f"services: {names}"]
    return [wrong for one in wanted for wrong in _of(name, surface.read(shown, one), one)]


def _of(name: str, said: Made, service: Service) -> Iterator[str]:
    known = whole(service)
    terms = set(known) - {"title", "words", "explained", "input", "outcome", "fields", "needed"}
    least = {each for one in SAID[name] for each in (terms if one == "terms" else [one])}
    yield from (f"{service.name}: {one} is not said" for one in sorted(least - set(said)))
    for one, value in said.items():
        if one not in known:
            yield f"{service.name}: {one} is known to nobody else"
        elif value != known[one]:
            yield f"{service.name}: {one} is {value!r}"


@EACH
def test_a_surface_says_what_the_catalog_says(name: str) -> None:
    assert disagreements(name, SURFACES[name].show(OFFERED)) == []


def leaves(shown: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values in a document."""
    inner = shown.items() if isinstance(shown, dict) else enumerate(shown)
    for key, one in inner:
        if isinstance(one, dict | list) and one:
            yield from leaves(one, (*path, key))
        else:
            yield (*path, key)


def changed(shown: Any, path: tuple[Any, ...]) -> Any:
    """The document with another value in one place."""
    found = deepcopy(shown)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    value = inner[path[-1]]
    inner[path[-1]] = f"{value} planted" if isinstance(value, str) else value + 1
    return found


PLANTED = {
    "openapi": {
        "title": r"/services/vehicle\.repair post summary",
        "words": r"/services/vehicle\.repair post description",
        "promise": r"vehicle\.repair .* promise resolution",
        "effects": r"vehicle\.repair .* effects 0",
        "input": r"schemas vehicle\.repair properties code pattern",
        "outcome": r"schemas vehicle\.repair\.outcome properties \w+ type",
    },
    "tmf621": {
        "title": r"vehicle\.repair name",
        "words": r"vehicle\.repair description",
        "version": r"vehicle\.repair version",
        "fields": r"vehicle\.repair specCharacteristic 0 name",
        "needed": r"vehicle\.repair specCharacteristic \d minCardinality",
    },
    "mcp": {
        "title": r"vehicle\.repair title",
        "explained": r"vehicle\.repair description",
        "promise": r"vehicle\.repair _meta thingdesk/promise resolution",
        "effects": r"vehicle\.repair _meta thingdesk/effects 0",
        "input": r"vehicle\.repair inputSchema properties code pattern",
    },
    "a2a": {
        "title": r"skills 0 name",
        "explained": r"skills 0 description",
        "promise": r"services vehicle\.repair promise resolution",
        "effects": r"services vehicle\.repair effects 0",
        "input": r"services vehicle\.repair input properties code pattern",
        "outcome": r"services vehicle\.repair outcome properties \w+ type",
    },
    "asyncapi": {
        "title": r"report\.vehicle\.repair title",
        "words": r"report\.vehicle\.repair description",
        "promise": r"report\.vehicle\.repair x-service promise resolution",
        "effects": r"report\.vehicle\.repair x-service effects 0",
        "input": r"report\.vehicle\.repair .* code pattern",
    },
    "support card": {
        "title": r"services \d title",
        "words": r"services \d description",
        "promise": r"services \d promise_seconds resolution",
        "effects": r"services \d effects 0",
        "needed": r"services \d evidence needed 0",
        "identity": r"services \d evidence same_problem 0",
        "input": r"services \d evidence schema properties \w+ type",
        "outcome": r"services \d outcome properties \w+ type",
    },
    "thing": {
        "title": r"actions vehicle\.repair title",
        "words": r"actions vehicle\.repair description",
        "promise": r"actions vehicle\.repair .* promise resolution",
        "effects": r"actions vehicle\.repair .* effects 0",
        "input": r"actions vehicle\.repair input properties code pattern",
        "outcome": r"actions vehicle\.repair .* outcome properties \w+ type",
    },
}
"""Where each surface says a thing, in its own document."""


@pytest.mark.parametrize(
    ("name", "what"), [(name, what) for name, places in PLANTED.items() for what in places]
)
def test_a_planted_disagreement_is_found(name: str, what: str) -> None:
    shown = SURFACES[name].show(OFFERED)
    place = re.compile(PLANTED[name][what] + "$")
    path = next(one for one in leaves(shown) if place.search(" ".join(map(str, one))))
    wrong = disagreements(name, changed(shown, path))
    assert any(f": {what} is " in one for one in wrong), (path, wrong)


@EACH
def test_a_surface_that_leaves_out_a_service_is_found(name: str) -> None:
    surface: Surface = SURFACES[name]
    fewer = Catalog([one for one in OFFERED if one.name != "vehicle.repair"])
    assert disagreements(name, surface.show(fewer))[0].startswith("services: ")


@EACH
def test_every_surface_is_planted_with_all_that_it_has_to_say(name: str) -> None:
    assert set(PLANTED[name]) >= SAID[name] - {"terms"}
    assert not ("terms" in SAID[name] and {"promise", "effects"} - set(PLANTED[name]))


def test_what_no_surface_takes_fits_no_schema() -> None:
    """Control characters are stored nowhere: the schema that is shown everywhere says so."""
    given = whole(OFFERED.get("person.ask"))["input"]["properties"]["about"]
    fits = jsonschema.Draft202012Validator(given).is_valid
    assert fits("Two lines\nand a\ttab")
    assert not fits("a bell \x07")
