"""The AsyncAPI document says what goes over the wire: every topic, and schemas that what is said
fits.
"""

import json
from typing import Any

import jsonschema
import pytest
from scripts.reference import examples
from tests.saying import event, report, signal

from thingdesk import messages, topics
from thingdesk.app import make_flow
from thingdesk.cases import MOST_HOPS
from thingdesk.catalog import Catalog
from thingdesk.channels.mqtt.asyncapi import describe
from thingdesk.intake import Refusing
from thingdesk.platform import ids
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.platform.settings import Settings


@pytest.fixture(scope="module")
def offered() -> Catalog:
    return make_flow(Settings()).catalog


@pytest.fixture(scope="module")
def document(offered: Catalog) -> dict[str, Any]:
    return describe(offered, "mqtts://desk.example:8883")


def fits(document: dict[str, Any], message: str, said: dict[str, Any]) -> bool:
    schema = document["components"]["messages"][message]["payload"]
    known = {"components": document["components"]}
    validator = jsonschema.Draft7Validator({**schema, **known})
    return bool(validator.is_valid(json.loads(json.dumps(said))))


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [one for inner in value.values() for one in references(inner)]
    return [one for inner in value for one in references(inner)] if isinstance(value, list) else []


def test_it_has_the_topics_that_a_machine_has_rights_to(document: dict[str, Any]) -> None:
    rights = topics.ACCESS.rights("press-1")
    addresses = {
        name: one["address"].replace("{machine}", "press-1")
        for name, one in document["channels"].items()
    }
    assert set(addresses.values()) == {*rights.publish, *rights.subscribe, topics.TIME}
    for one in document["operations"].values():
        where = addresses[one["channel"]["$ref"].rpartition("/")[2]]
        assert (one["action"] == "receive") == (where in rights.publish)


def test_every_service_is_an_operation_with_its_own_input(
    document: dict[str, Any], offered: Catalog
) -> None:
    for service in offered:
        operation = document["operations"][f"report.{service.name}"]
        assert operation["reply"]["channel"] == {"$ref": "#/channels/receipts"}
        message = document["components"]["messages"][f"report.{service.name}"]
        assert message["title"] == service.title
        given = message["payload"]["properties"]["data"]["properties"]["input"]
        wanted = service.input.model_json_schema(mode="validation")
        assert list(given["properties"]) == list(wanted["properties"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for one in references(document):
        found: Any = document
        for part in one.removeprefix("#/").split("/"):
            found = found[part]


def test_what_is_said_fits_and_what_is_not_does_not(document: dict[str, Any]) -> None:
    assert fits(document, "signal", signal("press-1"))
    assert not fits(document, "signal", event("press-1", "signal", {}))
    assert not fits(document, "signal", event("press-1", "signal", {"value": 1}))
    assert fits(document, "report.vehicle.repair", report("car-1"))
    assert fits(document, "report.vehicle.repair", report("car-1", subject="car-2"))
    assert not fits(document, "report.vehicle.repair", report("car-1", code="nonsense"))
    assert fits(document, "report.vehicle.repair", report("car-1", hops=MOST_HOPS))
    for unfit in (-1, MOST_HOPS + 1, "1", 1.5):
        assert not fits(document, "report.vehicle.repair", report("car-1", hops=unfit))
    assert not fits(document, "report.equipment.inspect", report("car-1"))
    assert fits(document, "ack", event("car-1", "ack", {"notice": str(ids.new())}))
    assert not fits(document, "ack", event("car-1", "ack", {}))


def test_what_the_desk_says_fits(document: dict[str, Any]) -> None:
    refused = Refusing("e-1", Refusal("a_code", "why", Recovery.RETRY))
    (refusal, receipt) = messages.answers([refused], ["signed"])
    assert fits(document, "refusal", refusal)
    assert fits(document, "receipt", receipt)
    assert fits(document, "time", messages.time("signed"))
    for name, told in (
        ("notice", examples.notice()),
        ("command", examples.command()),
        ("recall", examples.recall()),
    ):
        assert fits(document, name, told)
        assert fits(document, name, {**told, "hops": MOST_HOPS + 1})
        assert not fits(document, name, {**told, "hops": 0})
    assert not fits(document, "receipt", refusal)


def test_where_and_how_to_connect(document: dict[str, Any]) -> None:
    server = document["servers"]["broker"]
    assert (server["host"], server["protocol"]) == ("desk.example:8883", "secure-mqtt")
    assert {one["bindings"]["mqtt"]["qos"] for one in document["operations"].values()} == {0, 1}
