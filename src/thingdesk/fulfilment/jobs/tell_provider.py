from collections.abc import Sequence
from datetime import datetime, timedelta

from thingdesk import notices, parties
from thingdesk.fulfilment.jobs import store
from thingdesk.fulfilment.jobs.model import DeliveryKind, JobOffer
from thingdesk.notices import Notice, Page, Recipient
from thingdesk.parties import Provider
from thingdesk.platform.database import Transaction
from thingdesk.platform.formats import local

JOB_PAGE = "job"
"""What the signed link to a job's page is for."""
# an appointment may be two months away, and the work comes after it
_PAGE_LASTS = timedelta(days=90)
_BEGINS = {DeliveryKind.OFFERED: "A job is offered to you", DeliveryKind.CANCELLED: "Cancelled"}


async def tell_provider(
    tx: Transaction, kind: DeliveryKind, offers: Sequence[JobOffer], why: str | None = None
) -> None:
    """Tell the provider of every job: their own system where they have one, else by mail; `why` it
    is taken back.
    """
    providers = await parties.get_providers(tx, [offer.provider for offer in offers])
    for offer in offers:
        provider = providers.get(offer.provider)
        if provider and provider.webhook_url:
            store.put_delivery(tx, offer.effect_id, kind)
        elif provider and provider.email:
            notices.tell(tx, _mail(kind, offer, provider, why))


def _mail(kind: DeliveryKind, offer: JobOffer, provider: Provider, why: str | None) -> Notice:
    """Its link answers the offer, as the provider's page does."""
    words = f"{_BEGINS[kind]}: {offer.task} for {offer.machine}. {offer.words}"
    until = None
    if why:
        words += f"\n\nWhy: {why}. There is nothing to do."
    if kind is DeliveryKind.OFFERED:
        until = offer.answer_by
        words += f"\n\nWhen: {_when(offer, provider.zone)}"
        if offer.amount:
            words += f"\nYou are due: {offer.amount}, when it is done"
        words += f"\nPlease answer by {local(until, provider.zone)}."
    data = {"job": str(offer.effect_id)}
    to = Recipient.provider(provider.id)
    return Notice(to, kind.value, words, offer.case_id, data, job_page(offer), until)


def job_page(offer: JobOffer) -> Page:
    """Where the provider answers, and says how it goes."""
    return Page(JOB_PAGE, offer.effect_id, offer.answer_by + _PAGE_LASTS)


def _when(offer: JobOffer, zone: str) -> str:
    booked = offer.details.get("appointment")
    return local(datetime.fromisoformat(booked["start"]), zone) if booked else "now"
