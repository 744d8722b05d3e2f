from collections.abc import Sequence
from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import errors, events, validate
from thingdesk.parties import provider_store as store
from thingdesk.parties.model import NewProvider, Provider
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def register_provider(tx: Transaction, new: NewProvider) -> Provider:
    """Make a provider known, or change the one of this name; their id and secret stay.

    Repeating it changes nothing. Raises Refused.
    """
    fields = list(validate.provider(new))
    if fields:
        raise errors.invalid("the provider cannot be registered", fields)
    provider, written = await store.put(tx, new, clock.now())
    if written:
        timeline.append(tx, "desk", events.ProviderRegistered(provider.id))
    return provider


async def get_provider(tx: Transaction, provider_id: UUID) -> Provider | None:
    return (await store.get_many(tx, [provider_id])).get(provider_id)


async def get_providers(tx: Transaction, provider_ids: Sequence[UUID]) -> dict[UUID, Provider]:
    return await store.get_many(tx, provider_ids)


async def providers_of_kind(tx: Transaction, kind: str, skill: str | None = None) -> list[Provider]:
    """All providers of a kind, by name; with `skill` only those that have it."""
    return await store.of_kind(tx, kind, skill)
