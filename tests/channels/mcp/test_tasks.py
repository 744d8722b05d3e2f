"""The tasks extension: a case is the task, the same on every worker."""

from typing import Any
from uuid import uuid4

import pytest
from tests.channels.mcp.talking import TASKS, URLS, Place, a_client, error, result
from tests.journeys.garage import MISFIRE
from tests.parties.making import Signing

REPAIR = "vehicle.repair"
CAN: dict[str, Any] = {"extensions": {TASKS: {}}}
SHOWS: dict[str, Any] = {**CAN, **URLS}


async def _made(place: Place, who: Signing, **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = await place.call(who, REPAIR, MISFIRE, can=more.pop("can", CAN), **more)
    assert said["resultType"] == "task"
    return said


async def _got(place: Place, who: Signing, task: str, can: Any = CAN, worker: int = 1) -> Any:
    return result(await place.post(who, "tasks/get", {"taskId": task}, can=can, worker=worker))


async def test_a_case_is_the_task_and_is_there_when_it_is_told(place: Place) -> None:
    who = await place.car()
    made = await _made(place, who)
    assert (made["status"], made["ttlMs"]) == ("working", None)
    assert made["_meta"]["thingdesk/receipt"].count(".") == 2
    case = await place.hand.case_of(who.machine)
    assert made["taskId"] == str(case.id)
    got = await _got(place, who, made["taskId"])
    assert (got["resultType"], got["status"]) == ("complete", "working")
    assert "result" not in got


async def test_its_question_is_the_address_of_our_page_and_no_answer_is_taken(
    place: Place,
) -> None:
    who = await place.car()
    task = (await _made(place, who, can=SHOWS))["taskId"]
    await place.hand.work()
    got = await _got(place, who, task, SHOWS)
    assert got["status"] == "input_required"
    ((name, asked),) = got["inputRequests"].items()
    assert (asked["method"], asked["params"]["mode"]) == ("elicitation/create", "url")
    assert asked["params"]["url"].endswith(f"/question/{name}")
    assert "requestedSchema" not in asked["params"]
    answers = {name: {"action": "accept", "content": {"option": "yes"}}, "else": {"x": 1}}
    heard = {"taskId": task, "inputResponses": answers}
    said = result(await place.post(who, "tasks/update", heard, can=SHOWS))
    assert said["resultType"] == "complete"
    assert (await _got(place, who, task, SHOWS))["inputRequests"] == got["inputRequests"]
    unable = await _got(place, who, task)
    assert unable["status"] == "working"
    assert asked["params"]["url"] in unable["statusMessage"]


async def test_it_ends_with_its_result(place: Place) -> None:
    who = await place.car(terms=None)
    task = (await _made(place, who))["taskId"]
    await place.hand.work()
    case = await place.hand.case_of(who.machine)
    question = await place.hand.question(case.id)
    await place.hand.answer(case.id, question.question.options[-1].id)
    got = await _got(place, who, task)
    assert got["status"] in {"working", "completed"}
    if got["status"] == "completed":
        assert got["result"]["structuredContent"]["case"] == task


async def test_it_is_cancelled_once_and_again(place: Place) -> None:
    who = await place.car()
    task = (await _made(place, who))["taskId"]
    for _ in range(2):
        said = result(await place.post(who, "tasks/cancel", {"taskId": task}, can=CAN))
        assert said["resultType"] == "complete"
        assert "taskId" not in said
    got = await _got(place, who, task)
    assert got["status"] == "cancelled"
    assert "result" not in got


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
async def test_a_task_needs_the_extension_and_an_owner(place: Place, method: str) -> None:
    who, other = await place.car(), await place.car()
    task = (await _made(place, who))["taskId"]
    given = {"taskId": task, "inputResponses": {}}
    without = await place.post(who, method, given)
    assert (without.status_code, error(without)["code"]) == (400, -32021)
    assert error(without)["data"] == {"requiredCapabilities": {"extensions": {TASKS: {}}}}
    for task_id in (task, str(uuid4()), "7"):
        theirs = await place.post(other, method, {**given, "taskId": task_id}, can=CAN)
        assert error(theirs)["code"] == -32602
        assert error(theirs)["data"]["code"] == "case_unknown"
    named = await place.post(who, method, given, can=CAN, mcp_name="another")
    assert (named.status_code, error(named)["code"]) == (400, -32020)


async def test_there_are_no_tasks_in_2025(place: Place) -> None:
    who = await place.car()
    async with a_client(place.url, who, mode="legacy") as client:
        said = await client.call_tool(REPAIR, dict(MISFIRE))
    assert said.structured_content
    assert said.structured_content["state"] == "open"
