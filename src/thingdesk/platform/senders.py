"""Who sends, as far as an address says it. Pure."""

from ipaddress import IPv6Address, ip_address

_ONE_NETWORK = 64


def network_of(address: str) -> str:
    """The address; of IPv6 the network: whoever has one address there has them all."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if not isinstance(found, IPv6Address) or found.ipv4_mapped:
        return str(getattr(found, "ipv4_mapped", None) or found)
    return str(IPv6Address(int(found) >> _ONE_NETWORK << _ONE_NETWORK))
