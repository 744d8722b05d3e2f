"""What applications say of themselves, and where the desk does not look for it."""

import asyncio
import json
import re
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OctKey, OKPKey, RSAKey
from tests.access.making import APP, BACK, public
from tests.access.refusing import code_of
from tests.access.sites import serving

from thingdesk.access import Client, Documents
from thingdesk.access.documents import described
from thingdesk.platform.errors import Refused

# httpcore leaves the socket of a TLS handshake that is cancelled to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
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


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_an_application_on_the_own_computer_is_read_by_a_desk_there(host: str) -> None:
    async with await asyncio.start_server(_an_app, "127.0.0.1", 0) as server:
        url = f"http://{host}:{server.sockets[0].getsockname()[1]}/client.json"
        for base in ("http://127.0.0.1:8080", "http://localhost:8080"):
            async with Documents(base=base) as documents:
                assert (await documents.client(url)).name == "Tried"
        for base in ("https://desk.example.org", "http://desk.example.org", "https://localhost"):
            async with Documents(base=base) as documents:
                assert await code_of(documents.client(url)) == "client_unusable"


@pytest.mark.parametrize(
    "url",
    [
        "http://agent.example.com/client.json",
        "http://10.0.0.1/client.json",
        "http://127.0.0.1@agent.example.com/client.json",
        "http://localhost.example.com/client.json",
        "https://10.0.0.1/client.json",
    ],
)
async def test_a_desk_on_the_own_computer_asks_no_other_network_for_it(url: str) -> None:
    async with Documents(base="http://127.0.0.1:8080") as documents:
        with pytest.raises(Refused) as caught:
            await documents.client(url)
    assert re.search("https://|network|password|cannot be had", caught.value.refusal.reason)
    assert "ConnectError" not in caught.value.refusal.reason


async def _an_app(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A program of somebody who writes an application."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    (host,) = re.findall(r"(?im)^host: (\S+)", head)
    body = json.dumps({"client_id": f"http://{host}/client.json", "client_name": "Tried"})
    kind = "content-type: application/json\r\nconnection: close"
    writer.write(f"HTTP/1.1 200 OK\r\n{kind}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
    writer.close()


async def test_a_slow_site_holds_up_its_own_applications_alone(tmp_path: Path) -> None:
    async with serving(tmp_path) as sites, asyncio.TaskGroup() as group:
        ask = sites.documents.client
        held = [group.create_task(ask(f"{sites.mute}/{n}", of(n))) for n in range(300)]
        await sites.holds(4)
        assert (await ask(sites.app)).name == "App"
        assert len(sites.waiting) == 4
        for one in held:
            one.cancel()


async def test_what_nobody_waits_for_is_not_asked_for_any_more(tmp_path: Path) -> None:
    async with serving(tmp_path) as sites:
        both = [asyncio.create_task(sites.documents.client(f"{sites.slow}/x")) for _ in "ab"]
        await sites.holds(1)
        both[0].cancel()
        assert (await sites.documents.client(sites.app)).name == "App"
        assert len(sites.waiting) == 1, "somebody waits for it"
        both[1].cancel()
        await sites.holds(0)


def of(n: int) -> str:
    """An address, another network for each 40."""
    return f"198.{n // 40}.0.{n % 40}"


async def test_of_one_network_so_few_that_the_others_have_their_places(tmp_path: Path) -> None:
    async with serving(tmp_path) as sites:
        ask, away = sites.documents.client, "https://127.0.0.1:9/{}"
        theirs = [code_of(ask(away.format(n), of(n % 40))) for n in range(60)]
        other = ask(sites.app, of(40))
        *codes, app = await asyncio.gather(*theirs, other)
    assert Counter(codes) == {"client_unusable": 40, "desk_busy": 20}
    assert isinstance(app, Client)


async def test_so_many_are_asked_for_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as sites, asyncio.TaskGroup() as group:
        ask = sites.documents.client
        held = [group.create_task(ask(f"{sites.slow}/{n}", of(n))) for n in range(400)]
        await sites.holds(4)
        assert await code_of(ask(sites.app)) == "desk_busy"
        for one in held:
            one.cancel()
        await sites.holds(0)
        assert (await ask(sites.app)).name == "App", "that it was busy is not remembered"


@pytest.mark.parametrize(
    "blank",
    ["\u3164" * 20, "\u2800", "\u00a0", "\u115f\u1160", "\uffa0 \u3164", "a\u200bb", "a\u00adb"],
)
def test_a_name_that_cannot_be_seen_is_none(blank: str) -> None:
    found = described(APP, {"client_id": APP, "client_name": blank}, None)
    assert found.name == "agent.example.com"


@pytest.mark.parametrize("name", ["Agent", "\uc5d0\uc774\uc804\ud2b8", "\u2615 & \u2764"])
def test_a_name_that_can_be_seen_is_shown(name: str) -> None:
    assert described(APP, {"client_id": APP, "client_name": f" {name}"}, None).name == name
