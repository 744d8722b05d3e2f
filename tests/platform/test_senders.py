import pytest

from thingdesk.platform.senders import network_of, region_of


@pytest.mark.parametrize(
    ("address", "network", "region"),
    [
        ("198.51.100.7", "198.51.100.7", "198.51.0.0"),
        ("::ffff:198.51.100.7", "198.51.100.7", "198.51.0.0"),
        ("2001:db8:1:2::9", "2001:db8:1:2::", "2001:db8:1::"),
        ("fe80::1%eth0", "fe80::", "fe80::"),
        ("", "", ""),
        ("x" * 200, "x" * 100, "x" * 100),
    ],
)
def test_whose_an_address_is_and_what_is_around(address: str, network: str, region: str) -> None:
    assert (network_of(address), region_of(address)) == (network, region)
