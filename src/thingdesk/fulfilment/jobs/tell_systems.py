from collections.abc import Sequence

from thingdesk import parties
from thingdesk.fulfilment.jobs import store
from thingdesk.fulfilment.jobs.model import DeliveryKind, JobOffer
from thingdesk.platform.database import Transaction


async def tell_systems(tx: Transaction, kind: DeliveryKind, offers: Sequence[JobOffer]) -> None:
    """Put out a delivery for every job whose provider has a system of its own to tell."""
    providers = await parties.get_providers(tx, [offer.provider for offer in offers])
    for offer in offers:
        provider = providers.get(offer.provider)
        if provider and provider.webhook_url:
            store.put_delivery(tx, offer.effect_id, kind)
