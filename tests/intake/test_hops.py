"""Through how many hands a report has gone is part of it, over MQTT and HTTP alike."""

from typing import Any

import pytest
from tests.intake.conftest import Stored, Way
from tests.saying import reading, report

from thingdesk.cases import MOST_HOPS


async def refused(way: Way, said: Any) -> dict[str, Any]:
    answer = await way.say("reports", said)
    assert answer.receipts == []
    (one,) = answer.refused
    return one


async def test_what_went_through_too_many_hands_is_refused_and_leaves_nothing(
    way: Way, stored: Stored
) -> None:
    before = await stored()
    one = await refused(way, report(way.car.id, "P0302", hops=MOST_HOPS + 1))
    assert (one["code"], one["recovery"]) == ("too_many_hops", "contact_us")
    assert await stored() == before


@pytest.mark.parametrize("hops", [-1, 1.5, "1", True, [1]])
async def test_a_number_of_hands_is_a_whole_one(way: Way, stored: Stored, hops: Any) -> None:
    before = await stored()
    one = await refused(way, report(way.car.id, "P0302", hops=hops))
    assert (one["code"], one["recovery"]) == ("unfit_hops", "fix_input")
    assert [field["path"] for field in one["fields"]] == ["hops"]
    assert await stored() == before


@pytest.mark.parametrize("hops", [None, 0, 3.0])
async def test_a_report_without_any_and_a_round_number_are_taken(way: Way, hops: Any) -> None:
    one = report(way.car.id, "P0303", hops=hops)
    assert (await way.receipts("reports", one))[one["id"]]["case"]


async def test_a_repeat_stays_a_repeat_and_changes_nothing(way: Way, stored: Stored) -> None:
    code = f"P030{4 if way.wire else 5}"
    one = report(way.car.id, code, hops=MOST_HOPS)
    first = (await way.receipts("reports", one))[one["id"]]
    assert first["hops"] == MOST_HOPS + 1, "what its sender says where it passes the case on"
    before = await stored()
    assert (await way.receipts("reports", one))[one["id"]] == first
    fewer = await refused(way, {**one, "hops": 1})
    assert fewer["code"] == "event_id_reused"
    assert await stored() == before
    joined = report(way.car.id, code, hops=2)
    again = (await way.receipts("reports", joined))[joined["id"]]
    assert (again["case"], again["hops"]) == (first["case"], MOST_HOPS + 1)
    assert (await way.car.get(f"/v1/cases/{first['case']}"))["hops"] == MOST_HOPS + 1


async def test_in_a_batch_one_that_went_too_far_keeps_no_other_out(way: Way) -> None:
    good = report(way.car.id, "P0306", hops=1)
    answer = await way.say("reports", [report(way.car.id, "P0307", hops=9), good])
    assert [one["code"] for one in answer.refused] == ["too_many_hops"]
    assert len(answer.receipts) == 1


async def test_of_one_case_each_receipt_has_the_most_of_its_group(way: Way) -> None:
    code = f"P031{4 if way.wire else 5}"
    both = [report(way.car.id, code, hops=hops) for hops in (0, 5)]
    told = await way.receipts("reports", both)
    assert {told[one["id"]]["hops"] for one in both} == {6}


async def test_what_is_answered_at_once_says_how_many_too(way: Way) -> None:
    day = 24 if way.wire else 25
    one = reading(way.car.id, 100, f"2026-01-{day}T12:00:00+00:00", hops=3)
    first = (await way.receipts("reports", one))[one["id"]]
    assert first["hops"] == 4
    assert "case" not in first
    assert (await way.receipts("reports", one))[one["id"]] == first
