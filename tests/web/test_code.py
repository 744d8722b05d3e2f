"""The picture that a product shows its owner."""

from io import BytesIO

import segno
from tests.web.site import URL, Site


async def test_a_display_shows_where_the_owner_answers(site: Site) -> None:
    async with site.browser() as browser:
        answer = await browser.get("/pair/code.svg", params={"user_code": "BCDF-GHJK"})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/svg+xml"
        wanted = BytesIO()
        address = f"{URL}/pair?user_code=BCDF-GHJK"
        segno.make(address, micro=False).save(wanted, kind="svg", scale=8, light="white")
        assert answer.content == wanted.getvalue()
        for other in ("", "<svg>", "https://x.example", "BCDF-GHJK-"):
            wrong = await browser.get("/pair/code.svg", params={"user_code": other})
            assert wrong.status_code == 422
