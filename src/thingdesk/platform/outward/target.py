"""Where a request may go: to the address that was looked at, and to no private network.

The name is resolved once, and the request goes to the very address that was checked. Otherwise a
name could point elsewhere at the second look (DNS rebinding), at a service behind our firewall.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network

import httpx

from thingdesk.platform.outward.names import Address, Names

Network = IPv4Network | IPv6Network
_SCHEMES = {"http": 80, "https": 443}
# IPv6 that is given to anybody, RFC 4291 and the registry of IANA; all else is special
_UNICAST = IPv6Network("2000::/3")
# IPv4 inside of IPv6, RFC 6052
_TRANSLATED = IPv6Network("64:ff9b::/96")
# what Python takes for public, or took in an earlier release: protocols and relays, RFC 6890 and
# 7526, and what is for documentation, RFC 9637
_SPECIAL = tuple(ip_network(one) for one in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20"))
_IPV4 = (1 << 32) - 1


class Forbidden(ValueError):
    """The URL will not be called, now and later."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL with its host as a checked address, and the name for `Host` and the certificate."""

    url: httpx.URL
    host: str
    name: str


async def resolve(url: str, allowed: Sequence[Network], names: Names, sender: str = "") -> Target:
    """The target of `url`. Raises Forbidden, and OSError for a name without an address.

    Of several addresses the first that may be called is taken; `allowed` are private networks
    that may be called all the same. `sender` is on whose behalf its name is looked up.
    """
    parsed = _parse(url)
    addresses = await names.addresses(parsed.host, sender)
    fit = next((one for one in addresses if is_allowed(one, allowed)), None)
    if fit is None:
        raise Forbidden(f"{parsed.host} is in a network that may not be reached")
    return Target(parsed.copy_with(host=str(fit)), parsed.netloc.decode(), parsed.host)


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether `address` is public, or in one of the `allowed` networks."""
    inner = _inner(address)
    return _is_public(inner) or any(
        one in network for one in (address, inner) for network in allowed
    )


def _is_public(address: Address) -> bool:
    if any(address in network for network in _SPECIAL) or address.is_multicast:
        return False
    return address.is_global and (isinstance(address, IPv4Address) or address in _UNICAST)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & _IPV4)
    return address.ipv4_mapped or address.sixtofour or address


def _parse(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Forbidden(f"this is no URL: {error}") from error
    if parsed.scheme not in _SCHEMES or not parsed.host:
        raise Forbidden("only http and https URLs are called")
    if parsed.userinfo:
        raise Forbidden("a URL must not carry a password")
    return parsed
