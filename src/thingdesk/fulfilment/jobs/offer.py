from uuid import UUID

from thingdesk.fulfilment.events import JobOffered, tell_case
from thingdesk.fulfilment.jobs import store
from thingdesk.fulfilment.jobs.model import DeliveryKind, JobOffer
from thingdesk.fulfilment.jobs.tell_provider import tell_provider
from thingdesk.platform.database import Transaction


async def offer_job(tx: Transaction, offer: JobOffer) -> UUID:
    """Offer a job to a provider when this transaction commits; the id of the job.

    The journey then waits for `job_key(id, ACCEPTED)`: the message comes when the provider
    accepts or declines, or the deadline passes. Offering again with the same `effect_id` changes
    nothing.
    """
    tx.gather(_write, offer)
    return offer.effect_id


def being_offered(tx: Transaction) -> list[JobOffer]:
    """What `tx` will offer when it commits, and has not written yet."""
    return tx.gathered(_write)


async def _write(tx: Transaction, offers: list[JobOffer]) -> None:
    first = {offer.effect_id: offer for offer in reversed(offers)}
    new = await store.insert(tx, [first[one] for one in sorted(first)])
    fresh = [first[one] for one in sorted(new)]
    for offer in fresh:
        tell_case(tx, offer.case_id, _event(offer))
    await tell_provider(tx, DeliveryKind.OFFERED, fresh)


def _event(offer: JobOffer) -> JobOffered:
    amount = offer.amount
    return JobOffered(
        offer.effect_id,
        offer.provider,
        offer.task,
        offer.answer_by,
        amount.minor if amount else None,
        amount.currency if amount else None,
    )
