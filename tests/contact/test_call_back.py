"""Call backs: only when staff are there, and no time more often than there are people."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from tests.contact.holding import MINUTE, WEEKDAYS, Holding, refusal

from thingdesk.contact import LASTS, CallBacks, State
from thingdesk.parties import WeeklyHours
from thingdesk.platform import clock
from thingdesk.platform.errors import Refused

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
GIVEN = st.dictionaries(st.integers(0, 60), st.integers(0, 4))


@given(MOMENTS, st.integers(0, 3), GIVEN)
def test_times_are_to_come_within_hours_apart_and_free(
    now: datetime, people: int, given_away: Mapping[int, int]
) -> None:
    calls = CallBacks(WEEKDAYS.hours, "Europe/Berlin", people)
    all_times = list(calls.times(now))
    promised = {at: given_away.get(n, 0) for n, at in enumerate(all_times)}
    offered = calls.offered(now, promised)
    assert all(now < at <= calls.last(now) for at in all_times)
    assert all(promised[at] < people for at in offered)
    assert (not offered) == all(many >= people for many in promised.values())
    for at in offered:
        local = at.astimezone(BERLIN)
        assert local.weekday() < 5
        assert time(9) <= local.time() <= time(16, 30)
        assert WEEKDAYS.hours.open_at(at + LASTS - timedelta(seconds=1), "Europe/Berlin")
    assert sorted(set(offered)) == list(offered)


async def test_one_is_booked_and_kept(desk: Holding, turning: clock.Turnable) -> None:
    desk.calls = WEEKDAYS
    owner = await desk.owner("back")
    asked = await desk.ask(owner)
    first = asked.times[0]
    booked = await desk.call_back(owner[0], asked.hold, first)
    assert await desk.call_back(owner[0], asked.hold, first) == booked
    seen = await desk.see(owner[0], asked.hold)
    assert (seen.state, seen.call_back, seen.place, seen.wait) == (State.BOOKED, first, None, None)
    local = first.astimezone(BERLIN)
    assert seen.words.endswith(f"{local:%H:%M} (Europe/Berlin).")
    assert (await desk.ask(await desk.owner("next"))).place == 1, "its place is another's"
    turning.turn(first - clock.now())
    staff = await desk.person()
    assert (await desk.take(staff, asked.hold)).state is State.READY
    await desk.miss(staff, asked.hold)
    assert (await desk.get(asked.hold)).state is State.MISSED, "there is no queue to go back to"
    kinds = await desk.kinds(f"owner:{owner[0]}")
    assert "hold.booked" in kinds


async def test_nobody_is_promised_a_time_that_is_given_away(desk: Holding) -> None:
    owners = [await desk.owner(f"back-{n}") for n in range(5)]
    asked = [await desk.ask(one) for one in owners]
    at = asked[0].times[2]
    zones = map(ZoneInfo, ("UTC", "Asia/Tokyo", "America/Lima", "Asia/Kathmandu", "Europe/Berlin"))
    works = [
        desk.call_back(owner[0], one.hold, at.astimezone(zone))
        for owner, one, zone in zip(owners, asked, zones, strict=True)
    ]
    found = await asyncio.gather(*works, return_exceptions=True)
    codes = [one.refusal.code for one in found if isinstance(one, Refused)]
    assert codes == ["call_back_not_free"] * (5 - desk.calls.people)
    late = await desk.ask(await desk.owner("late"))
    assert at not in late.times
    booked = [one for one in found if not isinstance(one, BaseException)]
    other = late.times[0]
    await desk.call_back(booked[0].owner_id, booked[0].id, other)
    await desk.leave(booked[1].owner_id, booked[1].id)
    assert at in (await desk.ask(await desk.owner("later"))).times, "both have given it back"


async def test_only_what_is_offered_is_booked(desk: Holding) -> None:
    desk.calls = WEEKDAYS
    owner, hold = await desk.asked("odd")
    free = (await desk.see(owner[0], hold)).times[0]
    sunday = free + timedelta(days=6)
    for at in (free - timedelta(days=7), free + MINUTE, sunday, free + timedelta(days=60)):
        refused = await refusal(desk.call_back(owner[0], hold, at))
        assert refused.code == "call_back_not_free"
        assert refused.fields[0].path == "data.input.at"


async def test_where_nobody_calls_back_no_time_is_offered(desk: Holding) -> None:
    desk.calls = CallBacks(WeeklyHours.always(), "UTC", 0)
    owner, hold = await desk.asked("never")
    assert (await desk.see(owner[0], hold)).times == ()
    at = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    assert (await refusal(desk.call_back(owner[0], hold, at))).code == "call_back_not_free"


async def test_who_is_called_back_and_was_missed_may_choose_another_time(desk: Holding) -> None:
    owner, hold = await desk.asked("other-time")
    times = (await desk.see(owner[0], hold)).times
    await desk.call_back(owner[0], hold, times[0])
    staff = await desk.person()
    await desk.take(staff, hold)
    await desk.miss(staff, hold)
    assert (await desk.call_back(owner[0], hold, times[1])).call_back_at == times[1]
    kinds = [kind for kind, _, _ in await desk.told(owner[1])]
    assert kinds == ["hold.ready", "hold.missed"]
