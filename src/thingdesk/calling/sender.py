from starlette.requests import Request

from thingdesk.platform.senders import network_of


def address_of(request: Request) -> str:
    """Where a request comes from; behind a proxy of the desk's, as that says."""
    return request.client.host if request.client else ""


def sender_of(request: Request) -> str:
    """Whose request it is, as far as its address says that: of IPv6 the network."""
    return network_of(address_of(request)) or "unknown"
