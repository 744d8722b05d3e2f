"""How many requests may wait for their owners."""

from datetime import datetime

from thingdesk.access import errors, request_store
from thingdesk.access.model import Client, Sender
from thingdesk.platform.database import Transaction
from thingdesk.platform.senders import network_of, region_of

_MOST_OF_MACHINE = 20
# an application's own server may send for all its owners; anybody may send in its name
_MOST_OF_NETWORK = 300
_MOST_AROUND = 1_000
_MOST_OF_STRANGERS = 30_000


async def sender_with_room(tx: Transaction, client: Client, address: str, now: datetime) -> Sender:
    """Of whom one more request waits. Raises Refused, where too many of theirs do, or of all
    strangers: what others send in the name of an application takes nothing of its room, and
    nothing of that of a machine, which has proven by its key who it is.
    """
    sender = _sender(client, address)
    if client.machine:
        full = await request_store.are_waiting_of(tx, sender, _MOST_OF_MACHINE, now)
    else:
        full = (
            await request_store.are_waiting_of(tx, sender, _MOST_OF_NETWORK, now)
            or await request_store.are_waiting_around(tx, sender, _MOST_AROUND, now)
            or await request_store.are_waiting(tx, _MOST_OF_STRANGERS, now)
        )
    if full:
        raise errors.too_many_wait()
    return sender


def _sender(client: Client, address: str) -> Sender:
    if client.machine:
        return Sender(f"machine {client.machine}")
    return Sender(f"from {network_of(address)}", region_of(address))
