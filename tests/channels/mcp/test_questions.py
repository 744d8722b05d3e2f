"""A question to the owner in the middle of a call, by the address of our page alone."""

import asyncio
from typing import Any

import pytest
from mcp_types import ElicitRequestURLParams, ElicitResult
from tests.channels.mcp.talking import MODERN, URLS, Place, a_client, error, result
from tests.journeys.garage import MISFIRE

REPAIR = "vehicle.repair"


async def _working(place: Place) -> None:
    """A worker of journeys beside the calls."""
    while True:
        await place.hand.work()
        await place.talk.hand.tick()


async def _asked(place: Place) -> tuple[Any, Any]:
    who = await place.car()
    working = asyncio.create_task(_working(place))
    try:
        said = await place.call(who, REPAIR, MISFIRE, can=URLS)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert said["resultType"] == "input_required", said
    return who, said


async def test_what_was_sealed_is_good_on_each_worker_for_its_caller_alone(place: Place) -> None:
    who, said = await _asked(place)
    ((name, asked),) = said["inputRequests"].items()
    assert asked["params"]["mode"] == "url"
    case = await place.hand.case_of(who.machine)
    assert str(case.id) not in said["requestState"]
    again = {"name": REPAIR, "arguments": MISFIRE, "requestState": said["requestState"]}
    answers = {name: {"action": "decline"}}
    answered = await place.post(
        who, "tools/call", {**again, "inputResponses": answers}, can=URLS, worker=1
    )
    assert result(answered)["structuredContent"]["case"] == str(case.id)
    assert result(answered)["structuredContent"]["reports"] == 1
    assert result(answered)["structuredContent"]["receipt"].count(".") == 2
    other = await place.car()
    stolen = await place.post(other, "tools/call", again, can=URLS)
    assert error(stolen)["message"] == "Invalid or expired requestState"
    for changed in (
        {"requestState": said["requestState"][:-2] + "AA"},
        {"arguments": {"code": "P0302"}},
        {"name": "case_read"},
    ):
        answer = await place.post(who, "tools/call", {**again, **changed}, can=URLS)
        assert error(answer)["code"] == -32602


@pytest.mark.parametrize("mode", [MODERN, "legacy"])
async def test_a_client_shows_the_page_and_gets_on_once_the_owner_has_answered(
    place: Place, mode: str
) -> None:
    who = await place.car()
    shown: list[str] = []

    async def show(_: object, params: object) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        shown.append(params.url)
        case = await place.hand.case_of(who.machine)
        question = await place.hand.question(case.id)
        assert params.url.endswith(str(question.question.id))
        await place.hand.answer(case.id, question.question.options[0].id)
        return ElicitResult(action="accept")

    working = asyncio.create_task(_working(place))
    try:
        async with a_client(place.url, who, mode=mode, elicitation_callback=show) as client:
            said = await client.call_tool(REPAIR, dict(MISFIRE))
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert len(shown) == 1
    assert said.structured_content
    assert said.structured_content["waiting"] == []
    assert said.structured_content["state"] == "open"
