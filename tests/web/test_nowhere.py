"""An address at which there is nothing says so, and leads back."""

import pytest
from tests.web.people import logged_in
from tests.web.site import Site

from thingdesk.platform import ids
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.web.problems import problem


async def test_what_is_not_there_is_said(site: Site) -> None:
    async with logged_in(site) as browser:
        for path, status in (
            ("/nothing", 404), (f"/cases/{ids.new()}", 404), ("/cases/not-an-id", 404),
            ("/static/nothing.css", 404), ("/cases?after=nonsense", 200),
            (f"/cases?after=0001-01-01T00:00:00%2B14:00~{ids.new()}", 200),
            (f"/cases?after=9999-12-31T23:59:59-14:00~{ids.new()}", 200),
        ):  # fmt: skip
            answer = await browser.get(path)
            assert answer.status_code == status, path
            assert "<h1>" in answer.text


@pytest.mark.parametrize(
    ("path", "words", "back"),
    [
        ("/cases/123", "There is no such case", "/cases"),
        ("/machines/a.b", "There is no such machine", "/machines"),
        ("/owners/x", "There is no such owner", "/owners"),
        ("/providers/x", "There is no such provider", "/providers"),
        ("/services/x", "There is no such page", "/"),
    ],
)
async def test_an_address_that_is_none_has_a_way_back(
    site: Site, path: str, words: str, back: str
) -> None:
    async with logged_in(site) as browser:
        answer = await browser.get(path)
        assert answer.status_code == 404
        assert words in answer.text
        assert f'<p><a href="{back}">' in answer.text
        assert (await browser.get(back)).status_code == 200
        assert "answer to the message" not in answer.text


async def test_an_owner_goes_back_to_their_own_page(site: Site) -> None:
    await site.car("car-astray")
    own = await site.own("car-astray")
    async with site.browser() as browser:
        assert f'<a href="{own}">' in (await browser.get(f"{own}/nowhere")).text
        assert "<a href=" not in (await browser.get("/job/x/y")).text.partition("<h1>")[2]


@pytest.mark.parametrize("path", ["/decision/x", "/job/a.b.c", "/owner/x"])
async def test_a_link_that_is_none_is_told_without_the_words_of_its_makers(
    site: Site, path: str
) -> None:
    async with site.browser() as browser:
        page = (await browser.get(path)).text
    assert "This link does not work" in page
    assert "a part of it is missing" in page
    assert not any(word in page for word in ("JWS", "JSON", "signature", "base64"))


@pytest.mark.parametrize("path", ["/cases/", "/log-in/"])
async def test_who_asks_names_no_other_desk_to_go_to(site: Site, path: str) -> None:
    async with site.browser() as browser:
        answer = await browser.get(path, headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


def test_what_may_be_there_later_says_when_to_try_again() -> None:
    answer = problem(Refusal("desk_busy", "Come again later.", Recovery.RETRY))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
