"""How many requests may wait for their owners."""

from datetime import datetime

from thingdesk.access import errors, request_store
from thingdesk.access.model import Client
from thingdesk.platform.database import Transaction
from thingdesk.platform.senders import network_of

_MOST_OF_MACHINE = 20
# an application's own server may send for all its owners; anybody may send in its name
_MOST_OF_SENDER = 300
_MOST = 30_000


async def sender_with_room(tx: Transaction, client: Client, address: str, now: datetime) -> str:
    """Of whom one more request waits. Raises Refused, where too many of theirs do, or of all: what
    others send in the name of an application takes nothing of its room.
    """
    most = _MOST_OF_MACHINE if client.machine else _MOST_OF_SENDER
    sender = f"machine {client.machine}" if client.machine else f"from {network_of(address)}"
    full = await request_store.waiting_of(tx, sender, now) >= most
    if full or await request_store.are_waiting(tx, _MOST, now):
        raise errors.too_many_wait()
    return sender
