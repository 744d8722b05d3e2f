"""How many requests may wait for their owners."""

from datetime import datetime
from ipaddress import IPv6Address, ip_address

from thingdesk.access import errors, request_store
from thingdesk.access.model import Client
from thingdesk.platform.database import Transaction

_MOST_OF_MACHINE = 20
# an application's own server may send for all its owners; anybody may send in its name
_MOST_OF_SENDER = 300
_MOST = 30_000
_ONE_NETWORK = 64


async def sender_with_room(tx: Transaction, client: Client, address: str, now: datetime) -> str:
    """Of whom one more request waits. Raises Refused, where too many of theirs do, or of all: what
    others send in the name of an application takes nothing of its room.
    """
    most = _MOST_OF_MACHINE if client.machine else _MOST_OF_SENDER
    sender = f"machine {client.machine}" if client.machine else f"from {_network(address)}"
    full = await request_store.waiting_of(tx, sender, now) >= most
    if full or await request_store.are_waiting(tx, _MOST, now):
        raise errors.too_many_wait()
    return sender


def _network(address: str) -> str:
    """Of IPv6 the network: whoever has one address there has them all."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if not isinstance(found, IPv6Address) or found.ipv4_mapped:
        return str(getattr(found, "ipv4_mapped", None) or found)
    return str(IPv6Address(int(found) >> _ONE_NETWORK << _ONE_NETWORK))
