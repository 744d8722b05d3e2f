from uuid import UUID

from thingdesk import parties
from thingdesk.parties import Provider
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse


async def known_provider(tx: Transaction, provider: UUID) -> Provider:
    """The provider. Raises Refused `provider_unknown`."""
    found = await parties.get_provider(tx, provider)
    if found is None:
        raise unknown()
    return found


def unknown() -> Refused:
    return refuse("provider_unknown", "there is no such provider", Recovery.CONTACT_US)
