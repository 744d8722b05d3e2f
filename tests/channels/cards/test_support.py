"""The support card says of each service what the catalog says, and nothing of anybody; so does
the Thing Description that is shown beside it.
"""

from typing import Any

import httpx
import pytest
from starlette.routing import Router
from tests.architecture.source import ROOT

from thingdesk.cases import MOST_HOPS
from thingdesk.catalog import Catalog, describe
from thingdesk.channels import cards
from thingdesk.channels.cards import SUPPORT, THING, About, make_support_card
from thingdesk.channels.http import make_thing
from thingdesk.channels.tmf621.doors import BASE
from thingdesk.dialogue import MOST_TURNS
from thingdesk.packs import equipment, meter, vehicle

ALL = Catalog((*vehicle.SERVICES, *equipment.SERVICES, *meter.SERVICES))
ABOUT = About("https://desk.example", "mqtts://desk.example", "help@example.org", 20, 600)
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
    nobody = make_support_card(ALL, About("https://desk.example", "mqtts://x", "", 20, 600))
    assert nobody["person"]["words"] is None
    assert make_support_card(ALL, ABOUT)["person"]["words"] == "help@example.org"


def test_it_says_every_door_and_limit() -> None:
    card = make_support_card(ALL, ABOUT)
    assert card["doors"]["http"]["tickets"] == ABOUT.base + BASE
    limits = {name: card["limits"][name] for name in ("calls_a_minute", "hops", "turns")}
    assert limits == {"calls_a_minute": 600, "hops": MOST_HOPS, "turns": MOST_TURNS}


def test_the_page_names_each_field() -> None:
    card, page = make_support_card(ALL, ABOUT), PAGE.read_text(encoding="utf-8")
    names = {*card, *card["limits"], *card["desk"], *card["person"]}
    names |= {*card["services"][0], *card["services"][0]["evidence"]}
    assert not [name for name in sorted(names) if f"`{name}`" not in page]


@pytest.mark.parametrize(
    ("path", "shown", "kind"),
    [
        (SUPPORT, make_support_card(ALL, ABOUT), "application/json"),
        (THING, make_thing(ALL, ABOUT.base), "application/td+json"),
    ],
)
async def test_anybody_may_read_it_and_a_cache_asks_again(
    path: str, shown: dict[str, Any], kind: str
) -> None:
    app = Router()
    cards.install(app, ALL, ABOUT, make_thing(ALL, ABOUT.base))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as http:
        first = await http.get(path)
        etag = first.headers["etag"]
        asked = await http.head(path)
        again = await http.get(path, headers={"If-None-Match": f'"x", W/{etag}'})
        other = await http.get(path, headers={"If-None-Match": '"x"'})
    assert first.json() == shown
    assert first.headers["content-type"] == asked.headers["content-type"] == kind
    assert first.headers["cache-control"] == "public, max-age=300"
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == httpx.codes.OK
