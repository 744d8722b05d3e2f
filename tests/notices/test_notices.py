import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from thingdesk import notices, timeline
from thingdesk.notices import Channel, Notice, Outgoing, Page, Recipient, State
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

CASE = ids.new()
DAY = timedelta(days=1)


@pytest.fixture
async def desk(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("truncate notice, timeline_head, timeline_event, timeline_value")
    return database


def to_machine(machine: str = "press-7", **more: Any) -> Notice:
    return Notice(Recipient.machine(machine), "case.opened", "We look into it.", CASE, **more)


def to_owner(kind: str, **more: Any) -> Notice:
    return Notice(Recipient.owner(ids.new()), kind, "Your press is well again.", CASE, **more)


async def tell(desk: Database, *told: Notice) -> list[UUID]:
    async with desk.transaction() as tx:
        return [notices.tell(tx, notice) for notice in told]


async def claim(
    desk: Database, channel: Channel = Channel.MACHINE, most: int = 100
) -> list[Outgoing]:
    async with desk.transaction() as tx:
        return await notices.claim_due(tx, channel, most)


async def get(desk: Database, notice: UUID) -> Outgoing:
    async with desk.transaction() as tx:
        found = await notices.get(tx, notice)
    assert found
    return found


async def history(desk: Database, stream: str = f"case:{CASE}") -> list[str]:
    async with desk.transaction() as tx:
        return [entry.kind for entry in await timeline.read(tx, stream)]


async def test_what_is_told_comes_out_as_it_went_in(desk: Database) -> None:
    page = Page("decision", ids.new(), clock.now() + DAY)
    told = to_machine(data={"outcome": ["verified"], "text": "'; drop"}, page=page)
    [id_] = await tell(desk, told)
    [claimed] = await claim(desk)
    assert (claimed.id, claimed.attempts, claimed.notice.page) == (id_, 1, page)
    assert claimed.notice.data == told.data
    assert claimed.notice.to == told.to
    assert claimed.notice.words == told.words
    assert await history(desk) == ["notice.told"]


async def test_each_channel_claims_its_own(desk: Database) -> None:
    machine, owner = await tell(desk, to_machine(), to_owner("case.verified"))
    assert [c.id for c in await claim(desk, Channel.MAIL)] == [owner]
    assert [c.id for c in await claim(desk, Channel.MACHINE)] == [machine]


async def test_a_claim_that_was_never_sent_is_repeated_with_the_same_id(
    desk: Database, turnable: clock.Turnable
) -> None:
    [id_] = await tell(desk, to_machine())
    [first] = await claim(desk)
    assert await claim(desk) == []
    turnable.turn(first.again_at - clock.now())
    [second] = await claim(desk)
    assert (second.id, second.attempts) == (id_, 2)
    assert second.again_at > first.again_at


async def test_a_claim_that_is_rolled_back_leaves_the_notice_due(desk: Database) -> None:
    [id_] = await tell(desk, to_machine())

    async def die() -> None:
        async with desk.transaction() as tx:
            assert await notices.claim_due(tx, Channel.MACHINE, 1)
            raise RuntimeError("died before the commit")

    with pytest.raises(RuntimeError):
        await die()
    assert [(c.id, c.attempts) for c in await claim(desk)] == [(id_, 1)]


async def test_many_claim_at_once_and_nothing_goes_out_twice(desk: Database) -> None:
    told = await tell(desk, *(to_machine(f"m-{n}") for n in range(60)))
    held = asyncio.Barrier(6)

    async def worker() -> list[UUID]:
        async with desk.transaction() as tx:
            claimed = await notices.claim_due(tx, Channel.MACHINE, 10)
            await held.wait()
            return [one.id for one in claimed]

    async with asyncio.timeout(60):
        shares = await asyncio.gather(*(worker() for _ in range(6)))
    assert [len(share) for share in shares] == [10] * 6
    assert sorted(id_ for share in shares for id_ in share) == sorted(told)


async def test_an_acknowledged_notice_goes_out_no_more(
    desk: Database, turnable: clock.Turnable
) -> None:
    [id_] = await tell(desk, to_machine())
    await claim(desk)
    async with desk.transaction() as tx:
        await notices.acknowledge(tx, id_, Recipient.machine("press-7"))
    async with desk.transaction() as tx:
        await notices.acknowledge(tx, id_, Recipient.machine("press-7"))
    turnable.turn(30 * DAY)
    assert await claim(desk) == []
    assert (await get(desk, id_)).state is State.ACKNOWLEDGED
    assert await history(desk) == ["notice.told", "notice.acknowledged"]


async def test_only_the_addressee_can_acknowledge(desk: Database) -> None:
    [id_] = await tell(desk, to_machine())
    strangers = [Recipient.machine("press-8"), Recipient.owner(ids.new())]
    # a provider whose id is the machine's is still not the machine
    strangers.append(Recipient(notices.To.PROVIDER, "press-7"))
    for stranger in strangers:
        with pytest.raises(Refused, match="notice_unknown"):
            async with desk.transaction() as tx:
                await notices.acknowledge(tx, id_, stranger)
    assert (await get(desk, id_)).state is State.OPEN


async def test_many_acknowledgements_are_answered_one_by_one_in_their_order(
    desk: Database,
) -> None:
    mine, other = await tell(desk, to_machine("a"), to_machine("b"))
    async with desk.transaction() as tx:
        assert await notices.acknowledge_many(tx, [("a", other)]) == [notices.NOT_YOURS]
    assert (await get(desk, other)).state is State.OPEN
    items = [("a", other), ("a", mine), ("a", ids.new()), ("a", mine), ("b", other)]
    async with desk.transaction() as tx:
        answers = await notices.acknowledge_many(tx, items)
    assert answers == [notices.NOT_YOURS, None, notices.NOT_YOURS, None, None]
    assert await history(desk) == ["notice.told"] * 2 + ["notice.acknowledged"] * 2
    async with desk.transaction() as tx:
        assert await notices.acknowledge_many(tx, []) == []


async def test_the_same_acknowledgements_at_once_settle_once(desk: Database) -> None:
    told = await tell(desk, *(to_machine() for _ in range(20)))

    async def acknowledge(order: list[UUID]) -> None:
        async with desk.transaction() as tx:
            answers = await notices.acknowledge_many(tx, [("press-7", id_) for id_ in order])
            assert answers == [None] * 20

    async with asyncio.timeout(60):
        await asyncio.gather(*(acknowledge(told[::step]) for step in (1, -1) * 3))
    assert (await history(desk)).count("notice.acknowledged") == 20


async def test_after_its_time_it_is_given_up_with_a_reason(
    desk: Database, turnable: clock.Turnable
) -> None:
    silent, spoken = await tell(desk, to_machine(), to_machine(until=clock.now() + 9 * DAY))
    await claim(desk)
    turnable.turn(8 * DAY)
    [later] = await tell(desk, to_machine("other"))
    assert [one.id for one in await claim(desk, most=2)] == [later]
    for id_ in (silent, spoken):
        ended = await get(desk, id_)
        assert ended.state is State.GIVEN_UP
        assert ended.reason
        assert ended.reason.startswith("not acknowledged by ")
        assert ended.reason.endswith("after 1 attempt")
    assert (await history(desk)).count("notice.given_up") == 2


async def test_an_acknowledgement_that_comes_late_still_came(desk: Database) -> None:
    [id_] = await tell(desk, to_machine())
    async with desk.transaction() as tx:
        await notices.give_up(tx, id_, "the case was withdrawn")
        await notices.give_up(tx, id_, "a second reason changes nothing")
    assert (await get(desk, id_)).reason == "the case was withdrawn"
    async with desk.transaction() as tx:
        await notices.acknowledge(tx, id_, Recipient.machine("press-7"))
    assert (await get(desk, id_)).state is State.ACKNOWLEDGED
    assert await history(desk) == ["notice.told", "notice.given_up", "notice.acknowledged"]


async def test_plain_information_ends_when_the_mail_server_took_it(
    desk: Database, turnable: clock.Turnable
) -> None:
    [id_] = await tell(desk, to_owner("case.verified"))
    await claim(desk, Channel.MAIL)
    for _ in range(2):
        async with desk.transaction() as tx:
            await notices.delivered(tx, [id_])
    turnable.turn(30 * DAY)
    assert await claim(desk, Channel.MAIL) == []
    assert (await get(desk, id_)).state is State.TAKEN
    assert await history(desk) == ["notice.told", "notice.taken"]


async def test_a_question_that_was_taken_comes_back_as_a_reminder_until_its_end(
    desk: Database, turnable: clock.Turnable
) -> None:
    [id_] = await tell(desk, to_owner("decision.asked", until=clock.now() + 3 * DAY))
    reminders = 0
    for _ in range(4 * 24):
        for one in await claim(desk, Channel.MAIL):
            assert one.id == id_
            reminders += 1
            async with desk.transaction() as tx:
                await notices.delivered(tx, [id_])
        turnable.turn(timedelta(hours=1))
    assert reminders == 3
    assert (await get(desk, id_)).state is State.GIVEN_UP


async def test_a_machine_fetches_what_it_has_not_acknowledged(
    desk: Database, turnable: clock.Turnable
) -> None:
    first, second, _, ending = await tell(
        desk,
        to_machine("a"),
        to_machine("a"),
        to_machine("b"),
        to_machine("a", until=clock.now() + timedelta(hours=1)),
    )
    turnable.turn(timedelta(hours=2))
    async with desk.transaction() as tx:
        assert [one.id for one in await notices.pending(tx, "a")] == [first, second]
        assert [one.id for one in await notices.pending(tx, "a", most=1)] == [first]
        await notices.acknowledge(tx, first, Recipient.machine("a"))
        assert [one.id for one in await notices.pending(tx, "a")] == [second]
        assert len(await notices.of_case(tx, CASE)) == 4
        assert ending not in [one.id for one in await notices.pending(tx, "a")]


async def test_without_a_case_it_stands_in_the_recipients_own_stream(desk: Database) -> None:
    owner = ids.new()
    await tell(
        desk,
        Notice(Recipient.machine("a"), "desk.hello", "Hello."),
        Notice(Recipient.owner(owner), "desk.hello", "Hello."),
        Notice(Recipient.staff(ids.new()), "desk.hello", "Hello."),
        Notice(Recipient.provider(ids.new()), "desk.hello", "Hello."),
    )
    assert await history(desk, "machine:a") == ["notice.told"]
    assert await history(desk, f"owner:{owner}") == ["notice.told"]
    assert await history(desk, "desk") == ["notice.told"] * 2


async def test_telling_wakes_the_channels(desk: Database) -> None:
    heard = asyncio.Event()
    async with desk.listening(notices.CHANNEL, heard.set):
        await tell(desk, to_machine())
        async with asyncio.timeout(60):
            await heard.wait()
