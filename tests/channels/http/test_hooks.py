"""Registering an address to be told at: what is asked for is held against what there is."""

from base64 import b64encode
from typing import Any

import pytest
from tests.saying import Caller

from thingdesk.channels.http.shapes import HookAsked
from thingdesk.dialogue import KINDS

URL = "https://hooks.example.org/td"


def secret(size: int) -> str:
    return f"whsec_{b64encode(bytes(size)).decode()}"


async def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(car: Caller) -> None:
    answer = await car.call("POST", "/v1/hooks", json={"url": URL, "kinds": ["case.openned"]})
    assert answer.status_code == 422, answer.text
    (field,) = answer.json()["fields"]
    assert field["path"] == "kinds.0"
    assert all(kind in field["problem"] for kind in KINDS)


@pytest.mark.parametrize("given", [secret(23), secret(65), "whsec_", secret(32)[6:], "whsec_*"])
async def test_a_secret_that_is_none_is_refused(car: Caller, given: Any) -> None:
    answer = await car.call("POST", "/v1/hooks", json={"url": URL, "secret": given})
    assert answer.status_code == 422, answer.text
    assert [one["path"] for one in answer.json()["fields"]] == ["secret"]


@pytest.mark.parametrize("size", range(24, 65))
def test_any_secret_of_24_to_64_bytes_fits(size: int) -> None:
    assert HookAsked.model_validate({"url": URL, "secret": secret(size)}).secret == secret(size)
