from collections.abc import Collection, Sequence
from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import events, validate
from thingdesk.parties import provider_store as store
from thingdesk.parties.model import NewProvider, Provider
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import invalid


async def register_provider(tx: Transaction, new: NewProvider) -> Provider:
    """Make a provider known, or change the one of this name; their id and secret stay.

    Repeating it changes nothing. Raises Refused.
    """
    fields = list(validate.provider(new))
    if fields:
        raise invalid("the provider cannot be registered", fields)
    provider, written = await store.put(tx, new, clock.now())
    if written:
        timeline.append(tx, "desk", events.ProviderRegistered(provider.id))
    return provider


async def get_provider(tx: Transaction, provider_id: UUID) -> Provider | None:
    return await tx.share(_get, provider_id)


async def _get(tx: Transaction, provider_ids: Sequence[UUID]) -> list[Provider | None]:
    found = await store.get_many(tx, provider_ids)
    return [found.get(one) for one in provider_ids]


async def get_providers(tx: Transaction, provider_ids: Sequence[UUID]) -> dict[UUID, Provider]:
    return await store.get_many(tx, provider_ids)


async def find_providers(tx: Transaction, after: str = "", most: int = 50) -> list[Provider]:
    """A page of providers, ordered by name; the next one goes on `after` the last name."""
    return await store.find(tx, after, most)


async def provider_kinds(tx: Transaction) -> list[str]:
    """Every kind of which a provider is registered."""
    return await store.kinds(tx)


async def providers_of_kinds(tx: Transaction, kinds: Collection[str]) -> dict[str, list[Provider]]:
    """All providers of each of these kinds, by name."""
    found = await store.of_kinds(tx, kinds)
    return {kind: [one for one in found if kind in one.kinds] for kind in kinds}
