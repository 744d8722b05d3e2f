"""Whose a request is: of IPv6 a whole network is one sender's."""

import pytest
from starlette.requests import Request

from thingdesk.calling import sender_of


def sent_from(address: str | None) -> str:
    client = (address, 50000) if address else None
    return sender_of(Request({"type": "http", "client": client}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::3", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_one_network_is_one_sender(one: str, other: str) -> None:
    assert sent_from(one) == sent_from(other)


@pytest.mark.parametrize("other", ["2001:db8:1:3::3", "192.0.2.1", None])
def test_others_are_others(other: str | None) -> None:
    assert sent_from("2001:db8:1:2::3") != sent_from(other)


def test_without_an_address_there_is_still_one() -> None:
    assert sent_from(None)
