"""A form that never ends, on a socket: the page ends it, and says nothing of it in the log."""

import asyncio
from urllib.parse import urlsplit

import pytest
from tests.web.site import URL, Site

from thingdesk.platform.serve import MOST_BODY_BYTES, listen, serve

SHORT = 0.5
FORM = (
    "POST {path} HTTP/1.1\r\nhost: desk\r\norigin: http://desk\r\n"
    "content-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n"
)


@pytest.mark.parametrize("path", ["/log-in", "/job/some-token"])
@pytest.mark.parametrize(
    ("size", "within", "statuses"),
    [(MOST_BODY_BYTES + 1, 60.0, {b"400", b"413"}), (10, SHORT, {b"408"})],
)
async def test_a_form_that_never_ends_is_ended(
    site: Site,
    caplog: pytest.LogCaptureFixture,
    path: str,
    size: int,
    within: float,
    statuses: set[bytes],
) -> None:
    async with (
        serve(site.app, listen("127.0.0.1", 0, "PORT"), body_within=within) as served,
        asyncio.timeout(60),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(served.url).port)
        writer.write(FORM.format(path=path).encode())
        writer.write(f"{size:x}\r\n".encode() + b"a" * size + b"\r\n")
        answer = await reader.read()
        writer.close()
    assert answer.split(b" ")[1] in statuses, answer
    assert not [one for one in caplog.records if one.exc_info], caplog.text


@pytest.mark.parametrize("path", ["/log-in", "/people", "/pair", "/job/some-token"])
async def test_a_form_in_parts_is_not_even_read(site: Site, path: str) -> None:
    parts = [(f"f{n}", (f"f{n}", b"", "text/plain")) for n in range(900)]
    async with site.browser(origin=URL) as browser:
        answer = await browser.post(path, files=parts)
    assert answer.status_code == 415
    assert "none of this desk has files" in answer.text
