"""Who sends, as far as an address says it. Pure."""

from ipaddress import IPv4Address, IPv6Address, ip_address

_ONE_NETWORK = 64
# what one customer of a provider is given at most (RFC 6177), and of IPv4 what many share
_ONE_REGION_6, _ONE_REGION_4 = 48, 16


def network_of(address: str) -> str:
    """The address; of IPv6 the network: whoever has one address there has them all."""
    found = _read(address)
    if not isinstance(found, IPv6Address):
        return str(found or address[:100])
    return _first(found, _ONE_NETWORK)


def region_of(address: str) -> str:
    """The larger network of an address, for those who have many of the small ones."""
    found = _read(address)
    if found is None:
        return address[:100]
    return _first(found, _ONE_REGION_6 if isinstance(found, IPv6Address) else _ONE_REGION_4)


def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _first(address: IPv4Address | IPv6Address, bits: int) -> str:
    """The first address of its network."""
    rest = address.max_prefixlen - bits
    return str(type(address)(int(address) >> rest << rest))
