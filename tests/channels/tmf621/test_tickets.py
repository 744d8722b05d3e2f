"""A ticket is a case, a specification is a service: TMF621 v5 at a running desk."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.desk import DeskProcess, running
from tests.listener import listening
from tests.saying import Caller, a_caller, a_centre
from tests.waiting import until

from thingdesk.platform.database import Database

_CODE = {"@type": "StringCharacteristic", "name": "code"}
BASE = "/tmf-api/troubleTicket/v5"
TICKET = {
    "@type": "TroubleTicket",
    "description": "It misfires.",
    "severity": "Major",
    "ticketType": "vehicle.repair",
    "troubleTicketCharacteristic": [{**_CODE, "value": "P0301"}],
}


async def test_a_ticket_that_is_passed_on_says_how_often(car: Caller) -> None:

    async def make_after(hops: int) -> httpx.Response:
        said = {"Authorization": f"Bearer {car.signing.token()}", "Thingdesk-Hops": str(hops)}
        return await car.http.post(f"{BASE}/troubleTicket", json=TICKET, headers=said)

    answer = await make_after(8)
    assert answer.headers["thingdesk-hops"] == "9"
    found = await car.call("GET", answer.json()["href"])
    assert found.headers["thingdesk-hops"] == "9"
    refused(await make_after(9), 403, "too_many_hops")
    newer = await make(car, troubleTicketCharacteristic=[{**_CODE, "value": "P0302"}])
    assert newer.headers["thingdesk-hops"] == "1"
    listed = await car.call("GET", f"{BASE}/troubleTicket")
    assert [one["id"] for one in listed.json()] == [newer.json()["id"], answer.json()["id"]]
    assert listed.headers["thingdesk-hops"] == "1,9", "of each, in their order"
    short = await car.call("GET", f"{BASE}/troubleTicket?offset=1&fields=status")
    assert short.headers["thingdesk-hops"] == "9"
    none = await car.call("GET", f"{BASE}/troubleTicket?status=resolved")
    assert (none.json(), "thingdesk-hops" in none.headers) == ([], False)


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[DeskProcess]:
    folder = tmp_path_factory.mktemp("desk") / "desk"
    await a_centre(database)
    allowed = {"database_url": database_url, "webhook_networks": "127.0.0.0/8"}
    async with running(folder, **allowed) as one:
        yield one
        assert "Traceback" not in one.log(), one.log()


@pytest.fixture
async def car(desk: DeskProcess, database: Database) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(base_url=desk.http, timeout=20) as http:
        yield await a_caller(database, http)


async def make(car: Caller, **more: Any) -> Any:
    return await car.call("POST", f"{BASE}/troubleTicket", json={**TICKET, **more})


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    assert (said["@type"], said["code"], said["status"]) == ("Error", code, str(status))
    assert said["reason"]
    assert said["message"]
    return said


async def test_a_ticket_is_a_case(car: Caller) -> None:
    answer = await make(car)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["location"] == made["href"]
    assert answer.headers["thingdesk-receipt"].count(".") == 2
    assert answer.headers["thingdesk-hops"] == "1"
    case = await car.get(f"/v1/cases/{made['id']}")
    assert (case["service"], case["input"]) == ("vehicle.repair", {"code": "P0301"})
    assert made["troubleTicketCharacteristic"][0]["value"] == "P0301"
    assert made["troubleTicketSpecification"]["id"] == "vehicle.repair"

    async def waits() -> bool:
        found = await car.get(made["href"])
        return bool(found["status"] == "pending" and "/question/" in found["note"][0]["text"])

    await until(waits, within=20)
    short = await car.get(f"{made['href']}?fields=status,nothing")
    assert set(short) == {"@type", "id", "href", "status"}


async def test_one_ticket_of_theirs_is_one_case(car: Caller) -> None:
    theirs = [{"@type": "ExternalIdentifier", "id": "their-17", "owner": "crm"}]
    first, second = [(await make(car, externalIdentifier=theirs)).json()["id"] for _ in range(2)]
    assert first == second
    assert (await car.get(f"/v1/cases/{first}"))["reports"] == 1


THEIRS = {"@type": "ExternalIdentifier", "id": "T-77", "owner": "crm"}
SAID = {
    "name": "Van 7 misfires",
    "description": "It misfires.\nSince <b>Monday</b>.",
    "severity": "Critical",
    "priority": "2",
    "note": [{"@type": "Note", "text": "Call first.", "author": "Ada"}],
    "requestedResolutionDate": "2030-01-01T08:00:00Z",
    "externalIdentifier": [THEIRS],
}


async def test_what_a_ticket_says_is_kept(car: Caller) -> None:
    made = (await make(car, **SAID)).json()
    found = await car.get(made["href"])
    for told in (made, found):
        notes = [one for one in told["note"] if "author" in one]
        assert {**{name: told[name] for name in SAID}, "note": notes} == SAID
    listed = (await car.get(f"{BASE}/troubleTicket"))[0]
    assert listed["externalIdentifier"] == [THEIRS]
    other = {**THEIRS, "id": "T-78"}
    joined = (await make(car, **{**SAID, "name": "Again", "externalIdentifier": [other]})).json()
    assert (joined["id"], joined["name"]) == (made["id"], SAID["name"])
    assert joined["externalIdentifier"] == [THEIRS, other]
    changed = await make(car, **{**SAID, "description": "It does not."})
    refused(changed, 400, "event_id_reused")
    refused(await make(car, description="x" * 20_000), 400, "too_large")
    refused(await make(car, description="\0"), 400, "bad_event")


async def test_a_key_in_the_header_comes_before_the_id_in_the_ticket(car: Caller) -> None:
    def keyed(key: str, **more: Any) -> Any:
        bearer = {"Authorization": f"Bearer {car.signing.token()}", "Idempotency-Key": key}
        body = {**TICKET, **more}
        return car.http.post(f"{BASE}/troubleTicket", json=body, headers=bearer)

    assert (await keyed('"one"', externalIdentifier=[THEIRS])).status_code == 201
    refused(await keyed("one", name="Another"), 400, "event_id_reused")
    other = await keyed("two", name="Another", externalIdentifier=[THEIRS])
    assert other.status_code == 201, other.text


async def test_a_ticket_says_nothing_that_nobody_said(car: Caller) -> None:
    case = (await car.call("POST", "/v1/services/vehicle.repair", json={"code": "P0301"})).json()
    found = (await car.get(f"{BASE}/troubleTicket"))[0]
    assert found["id"] == case["case"]["case"]
    assert "severity" not in found


async def test_what_does_not_fit_is_refused(car: Caller) -> None:
    refused(await make(car, ticketType="vehicle.fly"), 404, "unknown_service")
    refused(await make(car, ticketType="meter.reading"), 404, "unknown_service")
    refused(await make(car, severity=3), 400, "unfit_request")
    refused(await make(car, note="It misfires."), 400, "unfit_request")
    refused(await make(car, resolutionDate="tomorrow"), 400, "unfit_request")
    said = refused(await make(car, troubleTicketCharacteristic=[]), 409, "unfit_input")
    assert "troubleTicketCharacteristic.code" in said["message"]
    assert "data.input" not in str(said)
    stranger = {"@type": "EntityRef", "id": "car-of-another"}
    entity = {"@type": "RelatedEntity", "role": "subject", "entity": stranger}
    refused(await make(car, relatedEntity=[entity]), 403, "not_your_machine")
    without = [{"@type": "RelatedEntity", "role": "subject", "id": "dock-1"}]
    refused(await make(car, relatedEntity=without), 400, "unfit_request")
    nobody = await car.http.get(f"{BASE}/troubleTicket")
    refused(nobody, 401, "token_missing")
    assert "resource_metadata=" in nobody.headers["www-authenticate"]


async def test_a_ticket_can_be_cancelled_and_nothing_else(car: Caller) -> None:
    path = (await make(car)).json()["href"]
    merge = {"@type": "TroubleTicket"}
    for change in ({"severity": "Minor"}, {"status": "resolved"}):
        refused(await car.call("PATCH", path, json={**merge, **change}), 403, "not_supported")
    refused(await car.call("DELETE", path), 403, "not_supported")
    refused(await car.call("PATCH", path, json={"status": "cancelled"}), 400, "unfit_request")
    cancelled = {**merge, "@baseType": 1, "status": "cancelled"}
    refused(await car.call("PATCH", path, json=cancelled), 400, "unfit_request")
    assert (await car.get(path))["status"] != "cancelled"
    operations = [{"op": "replace", "path": "/status", "value": "cancelled"}]
    answer = await car.call("PATCH", path, json=operations)
    assert answer.json()["status"] == "cancelled", answer.text
    again = await car.call("PATCH", path, json={**merge, "status": "cancelled"})
    assert again.json()["status"] == "cancelled"


async def test_tickets_are_listed_by_what_is_asked(car: Caller, database: Database) -> None:
    codes = [[{**TICKET["troubleTicketCharacteristic"][0], "value": f"P030{n}"}] for n in (1, 2, 3)]  # type: ignore[dict-item]
    made = [(await make(car, troubleTicketCharacteristic=one)).json() for one in codes]
    await car.call("PATCH", made[0]["href"], json={"@type": "TroubleTicket", "status": "cancelled"})
    whole = await car.call("GET", f"{BASE}/troubleTicket")
    assert [one["id"] for one in whole.json()] == [one["id"] for one in made[::-1]]
    assert (whole.headers["x-total-count"], whole.headers["x-result-count"]) == ("3", "3")
    page = await car.call("GET", f"{BASE}/troubleTicket?offset=1&limit=1")
    assert [one["id"] for one in page.json()] == [made[1]["id"]]
    filtered = quote("$[?(@.status=='cancelled')]")
    found = await car.get(f"{BASE}/troubleTicket?filter={filtered}")
    assert [one["id"] for one in found] == [made[0]["id"]]
    theirs = [{"@type": "ExternalIdentifier", "id": "T-77"}]
    await make(car, troubleTicketCharacteristic=codes[1], externalIdentifier=theirs)
    for one, fit in (
        ("status=cancelled", made[:1]),
        ("status=cancelled,resolved", made[:1]),
        ("externalIdentifier.id=T-77", made[1:2]),
        ("externalIdentifier.id=T-7", []),
        ("externalIdentifier.id=T-77&status=cancelled", []),
        (f"id={made[2]['id']}", made[2:]),
        ("ticketType=vehicle.repair", made[::-1]),
        (f"relatedEntity.id={car.signing.machine}", made[::-1]),
        ("relatedEntity.entity.id=another", []),
        (f"filter={quote(chr(36) + chr(91) + '?(@.externalIdentifier.id==')}'T-77')]", made[1:2]),
    ):
        found = await car.get(f"{BASE}/troubleTicket?{one}")
        assert [it["id"] for it in found] == [it["id"] for it in fit], one
    async with httpx.AsyncClient(base_url=car.http.base_url, timeout=30) as http:
        other = await a_caller(database, http)
        assert await other.get(f"{BASE}/troubleTicket") == []
        refused(await other.call("GET", made[0]["href"]), 404, "case_unknown")


async def test_what_is_not_understood_of_a_list_is_refused(car: Caller) -> None:
    assert await car.get(f"{BASE}/troubleTicket?status=held") == [], "TMF621 knows it"
    misspelt = f"filter={quote(chr(36) + chr(91) + '?(@.status==')}'resolvd')]"
    for wrong in ("status=pendng", "status=cancelled,resolvd", misspelt):
        answer = await car.call("GET", f"{BASE}/troubleTicket?{wrong}")
        said = refused(answer, 403, "not_supported")
        assert "inProgress" in said["reason"], wrong
    for wrong in ("nonsense=1", "status.ne=pending", "creationDate.gt=2026-01-01"):
        refused(await car.call("GET", f"{BASE}/troubleTicket?{wrong}"), 403, "not_supported")
    for wrong in ("filter=x", "sort=name", "before=x", "offset=1000000"):
        refused(await car.call("GET", f"{BASE}/troubleTicket?{wrong}"), 403, "not_supported")


async def test_specifications_are_the_services_that_make_cases(car: Caller) -> None:
    found = {one["id"]: one for one in await car.get(f"{BASE}/troubleTicketSpecification")}
    named = await car.get(f"{BASE}/troubleTicketSpecification?id=vehicle.repair")
    assert [one["id"] for one in named] == ["vehicle.repair"]
    wrong = await car.call("GET", f"{BASE}/troubleTicketSpecification?status=active")
    refused(wrong, 403, "not_supported")
    services = (await car.get("/v1/catalog"))["services"]
    assert set(found) == {one["name"] for one in services if not one["instant"]}
    one = await car.get(found["vehicle.repair"]["href"])
    assert one == found["vehicle.repair"]
    (code,) = one["specCharacteristic"]
    assert (code["name"], code["valueType"], code["minCardinality"]) == ("code", "string", 1)
    path = f"{BASE}/troubleTicketSpecification"
    new = {"@type": "TroubleTicketSpecification", "name": "mine"}
    refused(await car.call("POST", path, json=new), 403, "not_supported")
    refused(await car.call("DELETE", f"{path}/vehicle.repair"), 403, "not_supported")


async def test_a_listener_is_told(car: Caller) -> None:
    async with listening() as listener:
        query = "eventType=troubleTicketCreateEvent"
        hub = {"@type": "Hub", "callback": listener.url, "query": query}
        made = (await car.call("POST", f"{BASE}/hub", json=hub)).json()
        assert made["secret"].startswith("whsec_")
        await listener.requests.get()
        passed_on = {"Authorization": f"Bearer {car.signing.token()}", "Thingdesk-Hops": "4"}
        path = f"{BASE}/troubleTicket"
        ticket = (await car.http.post(path, json=TICKET, headers=passed_on)).json()
        told = httpx.Response(200, content=(await listener.requests.get()).body).json()
        assert told["eventType"] == told["@type"] == "TroubleTicketCreateEvent"
        assert told["event"]["troubleTicket"]["id"] == ticket["id"]
        (hops,) = told["analyticCharacteristic"]
        assert hops == {
            "@type": "IntegerCharacteristic",
            "name": "hops",
            "valueType": "integer",
            "value": 5,
        }
        path = f"{BASE}/hub/{made['id']}"
        assert "secret" not in await car.get(path)
        assert (await car.call("DELETE", path)).status_code == 204
        refused(await car.call("GET", path), 404, "hook_unknown")
        assert listener.requests.empty()
    private = {"@type": "Hub", "callback": "http://10.0.0.1/told"}
    refused(await car.call("POST", f"{BASE}/hub", json=private), 409, "hook_forbidden")
