"""The support card says of each service what the catalog says, and nothing of anybody."""

import httpx
from starlette.routing import Router
from tests.architecture.source import ROOT

from thingdesk.catalog import Catalog, describe
from thingdesk.channels import cards
from thingdesk.channels.cards import SUPPORT, About, make_support_card
from thingdesk.packs import equipment, meter, vehicle

ALL = Catalog((*vehicle.SERVICES, *equipment.SERVICES, *meter.SERVICES))
ABOUT = About("https://desk.example", "mqtts://desk.example", "help@example.org", 20)
PAGE = ROOT / "docs/explanation/support-card.md"


def test_each_service_is_as_the_catalog_describes_it() -> None:
    card = make_support_card(ALL, ABOUT)
    assert [one["name"] for one in card["services"]] == [one.name for one in ALL]
    for said, one in zip(card["services"], map(describe, ALL), strict=True):
        assert said["evidence"]["schema"] == one["input"]
        assert said["evidence"]["needed"] == one["input"].get("required", [])
        assert said["evidence"]["same_problem"] == one["identity"]
        assert said["outcome"] == one["outcome"]
        assert said["promise_seconds"] == one["promise"]
        assert (said["answered"] == "at_once") is one["instant"]


def test_a_desk_without_a_contact_says_so() -> None:
    nobody = make_support_card(ALL, About("https://desk.example", "mqtts://x", "", 20))
    assert nobody["person"]["words"] is None
    assert make_support_card(ALL, ABOUT)["person"]["words"] == "help@example.org"


def test_the_page_names_each_field() -> None:
    card, page = make_support_card(ALL, ABOUT), PAGE.read_text(encoding="utf-8")
    names = {*card, *card["limits"], *card["desk"], *card["person"]}
    names |= {*card["services"][0], *card["services"][0]["evidence"]}
    assert not [name for name in sorted(names) if f"`{name}`" not in page]


async def test_anybody_may_read_it_and_a_cache_asks_again() -> None:
    app = Router()
    cards.install(app, ALL, ABOUT)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as http:
        first = await http.get(SUPPORT)
        etag = first.headers["etag"]
        again = await http.get(SUPPORT, headers={"If-None-Match": f'"x", W/{etag}'})
        other = await http.get(SUPPORT, headers={"If-None-Match": '"x"'})
    assert first.json() == make_support_card(ALL, ABOUT)
    assert first.headers["cache-control"] == "public, max-age=300"
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == httpx.codes.OK
