"""Questions that come together are one mail, and each is reachable from it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from tests.decisions.asking import DAY, HOUR, answer, approval, ask, get, new_owner, question
from tests.waiting import until

from thingdesk import decisions, notices
from thingdesk.decisions import Question
from thingdesk.notices import Channel, Outgoing, Recipient
from thingdesk.parties import OWNER_PAGE
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

pytestmark = pytest.mark.usefixtures("monday")
MINUTES = timedelta(minutes=10)


async def mailed(desk: Database) -> list[Outgoing]:
    """What the mail channel sends now."""
    async with desk.transaction() as tx:
        sent = await notices.claim_due(tx, Channel.MAIL, 1000)
        await notices.delivered(tx, [one.id for one in sent])
    return sent


def reachable(mails: Sequence[Outgoing], asked: Sequence[Question]) -> bool:
    """Whether each question's own page, or its owner's page with its words, is in a mail."""
    pages = {(one.notice.page.purpose, one.notice.page.subject) for one in mails if one.notice.page}
    listed = "\n".join(
        one.notice.words
        for one in mails
        if one.notice.page and one.notice.page.purpose == OWNER_PAGE
    )
    return all(("decision", one.id) in pages or one.words in listed for one in asked)


def many(owner: UUID, number: int) -> list[Question]:
    return [approval(owner, words=f"May we order part {n}, please?") for n in range(number)]


async def test_twenty_approvals_within_a_minute_are_two_mails(
    desk: Database, monday: clock.Turnable
) -> None:
    owner, sent = await new_owner(desk), []
    asked = many(owner, 20)
    for one in asked:
        await ask(desk, one)
        sent += await mailed(desk)
        monday.turn(timedelta(seconds=3))
    assert [one.notice.page and one.notice.page.subject for one in sent] == [asked[0].id]
    monday.turn(MINUTES)
    sent += await mailed(desk)
    assert len(sent) == 2
    assert sent[1].notice.words.startswith("19 questions wait for you")
    assert reachable(sent, asked)
    assert all(one.deadline - clock.now() > 23 * HOUR for one in asked)
    assert sent[1].until >= max(one.deadline for one in asked)
    async with desk.transaction() as tx:
        waiting = await decisions.open_for_owner(tx, owner)
    assert {one.question.id for one in waiting} == {one.id for one in asked}
    monday.turn(MINUTES)
    assert await mailed(desk) == []


async def test_who_answers_and_who_withdraws_questions_of_one_mail_wait_in_one_order(
    desk: Database,
) -> None:
    owner = await new_owner(desk)
    first, second, third = many(owner, 3)
    for one in (first, second, third):
        await ask(desk, one)
    async with desk.transaction() as tx:
        await decisions.withdraw(tx, second.case_id, "sold")
        answering = asyncio.create_task(
            answer(desk, third, third.options[0].id, Recipient.owner(owner))
        )

        async def waits() -> bool:
            async with desk.transaction() as other:
                return bool(
                    await other.fetchval(
                        "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                        " and datname = current_database()"
                    )
                )

        await until(waits)
        await decisions.withdraw(tx, third.case_id, "sold")
    with pytest.raises(Refused):
        await answering


async def test_those_of_one_moment_are_gathered_too(desk: Database, monday: clock.Turnable) -> None:
    owner, other = await new_owner(desk), await new_owner(desk)
    asked = many(owner, 6)
    await asyncio.gather(*(ask(desk, *asked[n : n + 2], *many(other, 1)) for n in (0, 2, 4)))
    first = await mailed(desk)
    monday.turn(MINUTES)
    second = await mailed(desk)
    to = [one.notice.to.id for one in (*first, *second)]
    assert (to.count(str(owner)), to.count(str(other))) == (2, 2)
    assert reachable([*first, *second], asked)


async def test_what_is_for_safety_or_ends_soon_is_mailed_at_once(desk: Database) -> None:
    owner = await new_owner(desk)
    await ask(desk, approval(owner))
    await mailed(desk)
    safety = approval(owner, safety=True)
    soon = approval(owner, deadline=clock.now() + HOUR)
    await ask(desk, approval(owner), safety, soon)
    pages = {one.notice.page.subject for one in await mailed(desk) if one.notice.page}
    assert pages == {safety.id, soon.id}


async def test_who_has_answered_is_asked_the_next_at_once(desk: Database) -> None:
    owner = await new_owner(desk)
    one, following = approval(owner), question(owner)
    await ask(desk, one)
    await mailed(desk)
    await answer(desk, one, "yes", Recipient.owner(owner))
    await ask(desk, following)
    assert reachable(await mailed(desk), [following])


async def test_a_reminder_has_what_is_open_and_ends_when_nothing_is(
    desk: Database, monday: clock.Turnable
) -> None:
    owner = await new_owner(desk)
    asked = many(owner, 4)
    await ask(desk, *asked)
    await mailed(desk)
    monday.turn(MINUTES)
    (digest,) = await mailed(desk)
    by = Recipient.owner(owner)
    for one in (asked[0], asked[1]):
        await answer(desk, one, "no", by)
    async with desk.transaction() as tx:
        found = await notices.get(tx, digest.id)
    assert found
    assert found.notice.words.startswith("2 questions wait for you")
    assert asked[1].words not in found.notice.words
    await asyncio.gather(*(answer(desk, one, "no", by) for one in asked[2:]))
    async with desk.transaction() as tx:
        found = await notices.get(tx, digest.id)
    assert found
    assert found.state is notices.State.ACKNOWLEDGED
    monday.turn(DAY)
    assert await mailed(desk) == []


async def test_of_two_where_one_is_withdrawn_the_other_is_mailed_as_its_own(
    desk: Database, monday: clock.Turnable
) -> None:
    owner = await new_owner(desk)
    asked = many(owner, 3)
    await ask(desk, *asked)
    await mailed(desk)
    async with desk.transaction() as tx:
        await decisions.withdraw(tx, asked[1].case_id, "its case has ended")
    monday.turn(MINUTES)
    (own,) = await mailed(desk)
    assert own.notice.page
    assert (own.notice.page.purpose, own.notice.page.subject) == ("decision", asked[2].id)
    async with desk.transaction() as tx:
        await decisions.withdraw(tx, asked[2].case_id, "its case has ended")
    assert (await get(desk, asked[2])).notice_id == own.id
    monday.turn(DAY - HOUR)
    assert [one.notice.page and one.notice.page.subject for one in await mailed(desk)] in (
        [],
        [asked[0].id],
    )
