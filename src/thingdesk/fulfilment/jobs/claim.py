from collections.abc import Collection
from uuid import UUID

from thingdesk import parties
from thingdesk.fulfilment.jobs import store
from thingdesk.fulfilment.jobs.model import Delivery
from thingdesk.platform.database import Transaction


async def claim_due_offers(
    tx: Transaction, most: int, *, each: int = 4, without: Collection[UUID] = ()
) -> list[Delivery]:
    """Up to `most` deliveries that are due, each for one attempt; `each` of one provider at most,
    and none of the providers `without`, so that nobody's slow system holds up the others.

    The next attempt comes by itself, later each time, unless `delivered` or `give_up` ends it.
    Offers that were answered meanwhile are not among them. Commit before sending: then a crash
    leads to a repeat and never to a loss.
    """
    claimed = await store.claim_deliveries(tx, most, each, without)
    jobs = await store.get(tx, [job_id for _, job_id, _, _ in claimed])
    providers = await parties.get_providers(tx, [job.offer.provider for job in jobs.values()])
    found = []
    for delivery_id, job_id, kind, attempts in claimed:
        job = jobs[job_id]
        provider = providers.get(job.offer.provider)
        if provider is None or provider.webhook_url is None:
            await store.end_delivery(tx, delivery_id, "the provider has no webhook any more")
            continue
        url, secret = provider.webhook_url, provider.webhook_secret
        found.append(Delivery(delivery_id, kind, attempts, job, url, secret))
    return found
