"""A service asked for by its own operation."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.saying import Caller, receipt, refused
from tests.waiting import until

FAULT = {"code": "P0301"}
REPAIR = "/v1/services/vehicle.repair"
NOON = "2026-11-21T12:00:00+00:00"


def bearer(car: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {car.signing.token()}"}


async def ask(car: Caller, given: Any = None, path: str = REPAIR, **headers: str) -> Any:
    said = FAULT if given is None else given
    return await car.http.post(path, json=said, headers={**bearer(car), **headers})


async def test_a_case_comes_of_it_with_the_desks_word(car: Caller) -> None:
    answer = await ask(car)
    assert answer.status_code == 202, answer.text
    said = answer.json()
    case = said["case"]
    assert (case["subject"], case["service"]) == (car.id, "vehicle.repair")
    assert case["input"] == FAULT
    assert answer.headers["location"] == f"{car.http.base_url}/v1/cases/{case['case']}"
    keys = (await car.http.get("/v1/desk")).json()["keys"]
    (entry,) = receipt(said["receipt"], keys, car.id)
    assert entry["case"] == case["case"]
    found = await car.get(answer.headers["location"])
    assert found["case"] == case["case"]


async def test_what_goes_in_a_circle_is_refused_at_its_ninth_hand(car: Caller) -> None:
    said = (await ask(car)).json()["case"]
    assert said["hops"] == 1
    for _ in range(8):
        said = (await ask(car, **{"Thingdesk-Hops": str(said["hops"])})).json()["case"]
    assert said["hops"] == 9
    too_many = await ask(car, **{"Thingdesk-Hops": str(said["hops"])})
    refused(too_many, 403, "too_many_hops", "contact_us")
    refused(await ask(car, **{"Thingdesk-Hops": "x"}), 422, "unfit_request", "fix_input")


async def test_what_is_answered_at_once_has_its_outcome(car: Caller) -> None:
    given = {"register": "1.8.0", "kwh": 100, "at": NOON}
    answer = await ask(car, given, "/v1/services/meter.reading")
    assert answer.status_code == 200, answer.text
    assert answer.json()["outcome"]["late"] is False
    low = {**given, "kwh": 90, "at": "2026-11-21T13:00:00+00:00"}
    answer = await ask(car, low, "/v1/services/meter.reading")
    refused(answer, 409, "implausible_reading", "fix_input")


async def test_the_same_key_is_the_same_request(car: Caller) -> None:
    first, second = await asyncio.gather(
        *(ask(car, **{"Idempotency-Key": '"one"'}) for _ in range(2))
    )
    assert first.json()["case"]["case"] == second.json()["case"]["case"]
    assert (await ask(car, **{"Idempotency-Key": "one"})).json()["case"]["reports"] == 1
    other = await ask(car, {"code": "P0302"}, **{"Idempotency-Key": '"one"'})
    refused(other, 422, "event_id_reused", "fix_input")
    assert other.json()["fields"][0]["path"] == "Idempotency-Key"
    assert "Idempotency-Key" in other.json()["detail"]
    refused(await ask(car, **{"Idempotency-Key": '"o n e"'}), 422, "unfit_request", "fix_input")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "unfit_input"),
        ({"code": "P0301", "more": 1}, "unfit_input"),
        ({"code": 301}, "unfit_input"),
        ([FAULT], "unfit_request"),
    ],
)
async def test_what_does_not_fit_the_schema_is_refused(car: Caller, given: Any, code: str) -> None:
    refused(await ask(car, given), 422, code, "fix_input")


async def test_what_is_wrong_is_named_as_it_was_sent(car: Caller) -> None:
    answer = await ask(car, {"slot": 99})
    assert {one["path"] for one in answer.json()["fields"]} == {"code", "slot"}
    assert "data.input" not in answer.text
    wrong = {"code": "\u0001"}
    assert (await ask(car, wrong)).json()["fields"][0]["path"] == "code"
    unknown = await ask(car, path="/v1/services/vehicle.fly")
    assert unknown.json()["fields"][0]["path"] == "path.name"


async def test_a_number_that_came_as_text_is_none(car: Caller) -> None:
    given = {"register": "1.8.0", "kwh": "100", "at": NOON}
    answer = await ask(car, given, "/v1/services/meter.reading")
    refused(answer, 422, "unfit_input", "fix_input")


async def test_it_is_json_that_is_read(car: Caller) -> None:
    plain = {**bearer(car), "Content-Type": "text/plain"}
    answer = await car.http.post(REPAIR, content=b"{}", headers=plain)
    refused(answer, 415, "unsupported_media", "fix_input")
    broken = await car.http.post(
        REPAIR, content=b"{", headers={**bearer(car), "Content-Type": "application/json"}
    )
    refused(broken, 422, "broken_json", "fix_input")


async def test_nobody_asks_for_anothers_machine(car: Caller, other: Caller) -> None:
    answer = await ask(car, path=f"{REPAIR}?subject={other.id}")
    refused(answer, 403, "not_your_machine", "contact_us")
    named = await ask(car, **{"Thingdesk-Subject": other.id})
    refused(named, 403, "not_your_machine", "contact_us")
    both = await ask(car, path=f"{REPAIR}?subject={car.id}", **{"Thingdesk-Subject": other.id})
    refused(both, 409, "two_subjects", "fix_input")


async def test_what_nobody_offers_is_said_with_what_is_offered(car: Caller) -> None:
    answer = await ask(car, path="/v1/services/vehicle.fly")
    refused(answer, 404, "unknown_service", "fix_input")
    assert "vehicle.repair" in answer.json()["detail"]


async def test_cases_come_in_pages_and_only_ones_own(car: Caller, other: Caller) -> None:
    codes = [f"P030{n}" for n in range(1, 6)]
    made = [(await ask(car, {"code": code})).json()["case"]["case"] for code in codes]
    seen: list[str] = []
    cursor = ""
    while True:
        page = await car.get(f"/v1/cases?most=2{cursor}")
        assert len(page["cases"]) <= 2
        seen += [one["case"] for one in page["cases"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}".replace("+", "%2B")
    assert seen == made[::-1]
    assert (await other.get("/v1/cases"))["cases"] == []
    assert (await car.get("/v1/cases?state=ended"))["cases"] == []
    refused(await car.call("GET", "/v1/cases?cursor=x"), 404, "unfit_cursor", "fix_input")
    refused(await other.call("GET", f"/v1/cases/{made[0]}"), 404, "case_unknown", "contact_us")


async def test_a_case_that_has_not_changed_is_not_sent_again(car: Caller) -> None:
    path = (await ask(car)).headers["location"]

    async def rests() -> Any:
        """The answer, and that to who knows it already, once the two are of the same moment."""
        answer = await car.call("GET", path)
        known = {**bearer(car), "If-None-Match": f'"other", W/{answer.headers["etag"]}'}
        again = await car.http.get(path, headers=known)
        return (answer, again, known) if again.status_code == 304 else None

    answer, again, known = await until(rests)
    assert again.content == b""
    assert again.headers["etag"] == answer.headers["etag"]
    for one in (answer, again):
        assert one.headers.get_list("cache-control") == ["private, no-cache"]
    await car.call("POST", f"{path}/withdraw", json={"words": "It was nothing."})
    changed = await car.http.get(path, headers=known)
    assert changed.status_code == 200
    assert changed.json()["outcome"] == "withdrawn"
    assert changed.json()["words"].endswith('It says: "It was nothing."')


async def test_how_many_calls_are_left_is_said(car: Caller) -> None:
    answer = await car.call("GET", "/v1/cases")
    assert answer.headers["ratelimit-policy"] == '"calls";q=1200;w=60'
    assert answer.headers["ratelimit"].startswith('"calls";r=1199;t=')


async def test_it_describes_itself(http: httpx.AsyncClient) -> None:
    told = (await http.get("/v1/openapi.json")).json()
    assert told["openapi"].startswith("3.1")
    offered = {one["name"]: one for one in (await http.get("/v1/catalog")).json()["services"]}
    paths = {
        path.rpartition("/")[2]: path for path in told["paths"] if path.startswith("/services/")
    }
    assert set(paths) == set(offered)
    for name, path in paths.items():
        (body,) = told["paths"][path]["post"]["requestBody"]["content"].values()
        at_once = offered[name]["instant"]
        assert ("500" in told["paths"][path]["post"]["responses"]) is at_once
        assert body["schema"] == {"$ref": f"#/components/schemas/{name}"}
        described = told["components"]["schemas"][name]["properties"]
        assert set(described) == set(offered[name]["input"]["properties"])
