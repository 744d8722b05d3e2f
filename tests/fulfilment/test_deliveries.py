from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.fulfilment.making import HOOK, at_once, happened, make_offer, make_provider, offered

from thingdesk import fulfilment, notices, parties
from thingdesk.fulfilment import Delivery, DeliveryKind, effects
from thingdesk.fulfilment.jobs.model import MOST_ATTEMPTS
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.formats import local


@pytest.fixture(autouse=True)
async def nothing_due(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("truncate job_delivery")


async def due(database: Database) -> list[Delivery]:
    async with database.transaction() as tx:
        return await fulfilment.claim_due_offers(tx, 100)


async def test_an_offer_is_due_to_the_system_of_its_provider(database: Database) -> None:
    offer = await offered(database)
    async with database.transaction() as tx:
        provider = await parties.get_provider(tx, offer.provider)
    assert provider is not None
    (delivery,) = await due(database)
    assert (delivery.kind, delivery.attempts) == (DeliveryKind.OFFERED, 1)
    assert delivery.job.offer == offer
    assert (delivery.url, delivery.secret) == (HOOK, provider.webhook_secret)


async def test_a_provider_without_a_system_has_nothing_due(database: Database) -> None:
    provider = await make_provider(database)
    async with database.transaction() as tx:
        await effects.offer_job(tx, make_offer(provider.id))
    async with database.transaction() as tx:
        assert await tx.fetchval("select count(*) from job_delivery") == 0


async def test_attempts_repeat_under_one_id_ever_later_until_delivered(
    database: Database, turnable: clock.Turnable
) -> None:
    await offered(database, answer_by=clock.now() + timedelta(days=1))
    (first,) = await due(database)
    for attempts, pause in [(2, 20), (3, 40), (4, 80)]:
        turnable.turn(timedelta(seconds=pause / 2 - 1))
        assert await due(database) == []
        turnable.turn(timedelta(seconds=pause / 2 + 1))
        (again,) = await due(database)
        assert (again.id, again.attempts) == (first.id, attempts)
    async with database.transaction() as tx:
        await fulfilment.delivered(tx, first.id)
    turnable.turn(timedelta(hours=1))
    assert await due(database) == []


async def test_after_the_last_attempt_it_is_given_up_with_its_reason(
    database: Database, turnable: clock.Turnable
) -> None:
    offer = await offered(database, answer_by=clock.now() + timedelta(days=1))
    attempts = 0
    while claimed := await due(database):
        attempts += 1
        async with database.transaction() as tx:
            await fulfilment.not_delivered(tx, claimed[0].id, "connection refused")
        turnable.turn(timedelta(minutes=11))
    assert attempts == MOST_ATTEMPTS
    kinds = await happened(database, offer.case_id)
    assert kinds == ["job.offered", "job.delivery_given_up"]


async def test_giving_up_is_told_once_and_ends_the_attempts(
    database: Database, turnable: clock.Turnable
) -> None:
    offer = await offered(database)
    (delivery,) = await due(database)
    for _ in range(2):
        async with database.transaction() as tx:
            await fulfilment.give_up(tx, delivery.id, "410 Gone")
    turnable.turn(timedelta(minutes=1))
    assert await due(database) == []
    kinds = await happened(database, offer.case_id)
    assert kinds == ["job.offered", "job.delivery_given_up"]


async def test_an_answered_offer_is_not_sent_any_more(database: Database) -> None:
    offer = await offered(database)
    async with database.transaction() as tx:
        await fulfilment.accept(tx, offer.effect_id, offer.provider)
    assert await due(database) == []


async def test_the_system_is_told_that_a_job_was_cancelled(database: Database) -> None:
    offer = await offered(database)
    async with database.transaction() as tx:
        await effects.cancel_job(tx, offer.effect_id, "the owner drove on")
    (delivery,) = await due(database)
    assert delivery.kind is DeliveryKind.CANCELLED
    assert delivery.job.reason == "the owner drove on"


async def test_a_webhook_that_was_taken_away_ends_the_attempts(database: Database) -> None:
    provider = await make_provider(database, webhook_url=HOOK)
    new = parties.NewProvider(
        provider.name, provider.kinds, provider.skills, provider.position, email="jobs@example.org"
    )
    async with database.transaction() as tx:
        await effects.offer_job(tx, make_offer(provider.id))
    async with database.transaction() as tx:
        await parties.register_provider(tx, replace(new, webhook_url=None))
    assert await due(database) == []


async def test_many_who_claim_at_once_share_what_is_due(database: Database) -> None:
    for _ in range(30):
        await offered(database)

    async def some() -> list[Delivery]:
        async with database.transaction() as tx:
            return await fulfilment.claim_due_offers(tx, 5)

    shares = await at_once(database, *(some() for _ in range(10)))
    ids = [one.id for share in shares for one in share]
    assert len(ids) == len(set(ids)) == 30


async def mails(database: Database, case_id: UUID) -> list[Notice]:
    async with database.transaction() as tx:
        return [one.notice for one in await notices.of_case(tx, case_id)]


async def test_a_provider_without_a_system_is_told_by_mail_with_the_page(
    database: Database,
) -> None:
    provider = await make_provider(database, email="north@example.org", zone="Europe/Berlin")
    offer = make_offer(provider.id)
    for _ in range(2):
        async with database.transaction() as tx:
            await effects.offer_job(tx, offer)
    (told,) = await mails(database, offer.case_id)
    assert (told.to, told.kind) == (Recipient.provider(provider.id), "job.offered")
    assert told.until == offer.answer_by
    assert told.page
    assert (told.page.purpose, told.page.subject) == ("job", offer.effect_id)
    assert offer.words in told.words
    assert "When: now\nYou are due: 99.00 EUR, when it is done\n" in told.words
    assert f"Please answer by {local(offer.answer_by, 'Europe/Berlin')}." in told.words
    async with database.transaction() as tx:
        await effects.cancel_job(tx, offer.effect_id, "the journey could not go on")
    assert [one.kind for one in await mails(database, offer.case_id)] == [
        "job.offered",
        "job.cancelled",
    ]


async def test_the_mail_of_an_appointment_says_when_it_is_in_the_providers_zone(
    database: Database,
) -> None:
    provider = await make_provider(database, email="north@example.org", zone="Europe/Berlin")
    times = {"start": "2026-11-24T08:00:00+00:00", "end": "2026-11-24T09:00:00+00:00"}
    offer = make_offer(provider.id, details={"appointment": times})
    async with database.transaction() as tx:
        await effects.offer_job(tx, offer)
    (told,) = await mails(database, offer.case_id)
    assert "When: Tuesday, 24 November 2026, 09:00 (Europe/Berlin)" in told.words


async def test_a_provider_with_a_system_gets_no_mail_as_well(database: Database) -> None:
    provider = await make_provider(database, email="north@example.org", webhook_url=HOOK)
    offer = make_offer(provider.id)
    async with database.transaction() as tx:
        await effects.offer_job(tx, offer)
    assert await mails(database, offer.case_id) == []


async def test_a_provider_gets_a_share_and_those_who_are_busy_none(database: Database) -> None:
    many, few = await make_provider(database, webhook_url=HOOK), await offered(database)
    async with database.transaction() as tx:
        for _ in range(10):
            await effects.offer_job(tx, make_offer(many.id))
    async with database.transaction() as tx:
        first = await fulfilment.claim_due_offers(tx, 100, each=3)
        rest = await fulfilment.claim_due_offers(tx, 100, each=9, without={many.id})
        again = await fulfilment.claim_due_offers(tx, 100, each=9)
    counted = [one.job.offer.provider for one in first]
    assert (counted.count(many.id), counted.count(few.provider)) == (3, 1)
    assert (rest, len(again)) == ([], 7)
