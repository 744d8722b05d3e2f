import asyncio
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from tests.decisions.asking import (
    DAY,
    HOUR,
    STAFF,
    answer,
    approval,
    ask,
    get,
    history,
    messages,
    new_owner,
    question,
)
from tests.waiting import until

from thingdesk import decisions, notices
from thingdesk.notices import Channel, Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


async def expire(desk: Database) -> list[UUID]:
    async with desk.transaction() as tx:
        return [one.question.id for one in await decisions.expire(tx)]


async def test_at_the_deadline_the_default_is_taken_and_an_approval_is_no(
    desk: Database, turnable: clock.Turnable
) -> None:
    owner = await new_owner(desk)
    chosen, open_end = question(owner), question(owner, default=None)
    permitted, later = approval(owner), question(None, deadline=clock.now() + 2 * DAY)
    await ask(desk, chosen, open_end, permitted, later)
    turnable.turn(DAY - timedelta(minutes=1))
    assert await expire(desk) == []
    turnable.turn(timedelta(minutes=1))
    assert sorted(await expire(desk)) == sorted([chosen.id, open_end.id, permitted.id])
    assert await expire(desk) == []
    said = [(await messages(desk, each))[0] for each in (chosen, open_end, permitted)]
    assert [(each["state"], each["option"]) for each in said] == [
        ("expired", "mon"),
        ("expired", None),
        ("expired", "no"),
    ]
    assert said[2]["approves"] is None
    assert "decision.expired" in await history(desk, permitted)
    assert await messages(desk, later) == []
    async with desk.transaction() as tx:
        assert await notices.claim_due(tx, Channel.MAIL, 10) == []


async def test_an_answer_after_the_deadline_is_refused_even_before_it_was_settled(
    desk: Database, turnable: clock.Turnable
) -> None:
    owner = await new_owner(desk)
    one = approval(owner)
    await ask(desk, one)
    turnable.turn(DAY)
    with pytest.raises(Refused, match="decision_expired"):
        await answer(desk, one, "yes", Recipient.owner(owner))
    await expire(desk)
    with pytest.raises(Refused, match="it is settled: “No”"):
        await answer(desk, one, "yes", Recipient.owner(owner))
    assert (await get(desk, one)).chosen == "no"


async def test_who_expires_leaves_what_is_being_answered(
    desk: Database, turnable: clock.Turnable
) -> None:
    one, other = question(None), question(None)
    await ask(desk, one, other)
    async with desk.transaction() as tx:
        await decisions.answer(tx, one.id, "tue", STAFF)
        turnable.turn(DAY)
        async with asyncio.timeout(60):
            assert await expire(desk) == [other.id]
    assert await expire(desk) == []
    assert (await get(desk, one)).chosen == "tue"


async def test_a_question_of_a_case_that_ended_needs_no_answer(
    desk: Database, turnable: clock.Turnable
) -> None:
    owner = await new_owner(desk)
    one = question(owner)
    await ask(desk, one)
    for _ in range(2):
        async with desk.transaction() as tx:
            await decisions.withdraw(tx, one.case_id, "the machine has recovered by itself")
    with pytest.raises(Refused, match="decision_withdrawn"):
        await answer(desk, one, "mon", Recipient.owner(owner))
    turnable.turn(DAY)
    assert await expire(desk) == []
    assert await messages(desk, one) == []
    assert await history(desk, one) == [
        "decision.asked",
        "notice.told",
        "decision.withdrawn",
        "notice.given_up",
    ]


async def test_no_question_is_settled_whose_mail_is_not_held(
    desk: Database, turnable: clock.Turnable
) -> None:
    """Not even in the place of one that was settled while its mail was waited for."""
    owner = await new_owner(desk)
    first, second = approval(owner), approval(owner, deadline=clock.now() + DAY + HOUR)
    await ask(desk, first, second)
    turnable.turn(2 * DAY)
    async with desk.transaction() as late:
        async with desk.transaction() as tx:
            await decisions.withdraw(tx, first.case_id, "its case has ended")
            waits = asyncio.create_task(decisions.expire(late, most=1))
            await until(partial(_waits, desk))
        settled = await waits
        async with desk.transaction() as other:
            free = await other.fetch("select id from notice for update skip locked")
    assert not {row["id"] for row in free} & {one.notice_id for one in settled}
    assert await expire(desk) == [second.id]


async def _waits(desk: Database) -> bool:
    async with desk.transaction() as tx:
        found: bool = await tx.fetchval(
            "select exists(select from pg_stat_activity where datname = current_database()"
            " and wait_event_type = 'Lock')"
        )
    return found
