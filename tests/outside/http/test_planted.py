"""That schemathesis finds what is wrong: a description is made to say what the desk does not do."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from tests.outside.http.held import Held, holding

from thingdesk.platform.database import Database

Described = dict[str, Any]
ONLY = ("--phases", "coverage")


@pytest.fixture(scope="module")
async def held(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Held]:
    folder = tmp_path_factory.mktemp("desk") / "desk"
    async with holding(folder, database, database_url) as one:
        yield one


def a_status_that_is_not_described(described: Described) -> None:
    del described["paths"]["/cases/{case_id}"]["get"]["responses"]["422"]


def a_body_that_is_another_one(described: Described) -> None:
    described["components"]["schemas"]["CaseShown"]["properties"]["reports"]["type"] = "string"


def an_answer_of_another_type(described: Described) -> None:
    answer = described["paths"]["/cases/{case_id}"]["get"]["responses"]["200"]
    answer["content"] = {"text/html": {}}


def a_header_that_is_not_there(described: Described) -> None:
    answer = described["paths"]["/cases/{case_id}"]["get"]["responses"]["200"]
    answer["headers"]["Last-Modified"] = {"required": True, "schema": {"type": "string"}}


def a_token_that_nobody_asks_for(described: Described) -> None:
    described["paths"]["/catalog"]["get"]["security"] = [{"bearer": []}]


def what_is_refused(described: Described) -> None:
    parameter = described["paths"]["/cases/{case_id}"]["get"]["parameters"][1]
    parameter["schema"] = {"type": "string", "minLength": 1001}


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (a_status_that_is_not_described, "Undocumented status code"),
        (a_body_that_is_another_one, "Response violates schema"),
        (an_answer_of_another_type, "Undocumented Content-Type"),
        (a_header_that_is_not_there, "Missing required response headers"),
        (a_token_that_nobody_asks_for, "API accepts requests without authentication"),
        (what_is_refused, "valid request rejected"),
    ],
)
async def test_it_is_found(held: Held, plant: Callable[[Described], None], found: str) -> None:
    async with httpx.AsyncClient(base_url=held.desk.http, timeout=30) as http:
        described = (await http.get("/v1/openapi.json")).json()
    plant(described)
    file = held.desk.folder.with_name("planted.json")
    file.write_text(json.dumps(described))
    paths = ("--include-path", "/cases/{case_id}", "--include-path", "/catalog")
    verdict = await held.against(str(file), "--url", f"{held.desk.http}/v1", *paths, *ONLY)
    assert not verdict.good
    assert found in verdict.said
