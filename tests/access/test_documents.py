"""What applications say of themselves, and where the desk does not look for it."""

from ipaddress import ip_network
from typing import Any

import pytest
from joserfc.jwk import OctKey, OKPKey, RSAKey
from tests.access.making import APP, BACK, public
from tests.access.refusing import code_of

from thingdesk.access import Documents
from thingdesk.access.documents import described
from thingdesk.platform.errors import Refused

SAID = {"client_id": APP, "client_name": "Agent", "redirect_uris": [BACK]}


def test_a_description_says_who_where_to_and_by_which_keys() -> None:
    key = public(OKPKey.generate_key("Ed25519"))
    more = {"token_endpoint_auth_method": "private_key_jwt", "logo_uri": "https://a.example/l.png"}
    found = described(APP, SAID | more, {"keys": [key, {"kty": "RSA"}, 7]})
    assert (found.id, found.name, found.redirects, found.machine) == (APP, "Agent", (BACK,), None)
    assert (found.keys, found.logo) == ((key,), "https://a.example/l.png")


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "https://other.example.com/client.json"},
        {"client_secret": "x"},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"redirect_uris": "https://a.example/"},
        {"redirect_uris": ["http://agent.example.com/back"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["data:text/html,x"]},
        {"redirect_uris": ["https://a.example/#x"]},
        {"redirect_uris": ["https://a@b.example/"]},
        {"redirect_uris": ["https://a.example/\r\nX: y"]},
        {"redirect_uris": ["https://a.example/"] * 21},
        {"redirect_uris": [{}]},
    ],
)
def test_a_description_that_says_more_than_it_may_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="client_unusable"):
        described(APP, SAID | changed, None)


@pytest.mark.parametrize("name", [None, 7, "", "a\nb", "\u202egpj", "x" * 300])
def test_a_name_that_is_none_is_that_of_its_place(name: object) -> None:
    assert described(APP, SAID | {"client_name": name}, None).name == "agent.example.com"


def test_no_key_is_taken_that_proves_nothing() -> None:
    way = {"token_endpoint_auth_method": "private_key_jwt"}
    secret = OctKey.generate_key(256).as_dict(private=True)
    private = OKPKey.generate_key("Ed25519").as_dict(private=True)
    rsa = RSAKey.generate_key(2048).as_dict(private=False)
    with pytest.raises(Refused, match="client_unusable"):
        described(APP, SAID | way, {"keys": [secret, private, rsa]})


@pytest.mark.parametrize(
    "url",
    [
        "http://agent.example.com/client.json",
        "ftp://agent.example.com/client.json",
        "https://agent.example.com",
        "https://agent.example.com/",
        "https://agent.example.com/a/../client.json",
        "https://agent.example.com/client.json#x",
        "https://me:secret@agent.example.com/client.json",
        "https://agent.example.com:99999/client.json",
        "https://agent.example.com/\r\nX: y",
        "https://127.0.0.1/client.json",
        "https://[::1]/client.json",
        "https://[::ffff:127.0.0.1]/client.json",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/client.json",
        "https://localhost/client.json",
        f"https://agent.example.com/{'x' * 2000}",
    ],
)
async def test_no_address_is_asked_that_is_none_of_an_application(url: str) -> None:
    async with Documents() as documents:
        assert await code_of(documents.client(url)) == "client_unusable"


@pytest.mark.parametrize("machine", ["", "a b", "x" * 65, "../x", "é"])
async def test_what_is_no_id_of_a_machine_is_none(machine: str) -> None:
    async with Documents() as documents:
        assert await code_of(documents.client(machine)) == "client_unknown"
        assert (await documents.client("car-1")).machine == "car-1"


async def test_a_network_that_is_not_allowed_is_not_even_called() -> None:
    """The one that is allowed is, and answers nothing."""
    url = "https://127.0.0.1:9/client.json"
    for allowed, words in (((), "network"), ((ip_network("127.0.0.0/8"),), "ConnectError")):
        async with Documents(allowed=allowed) as documents:
            with pytest.raises(Refused) as caught:
                await documents.client(url)
        assert words in caught.value.refusal.reason
