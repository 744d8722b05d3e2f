"""The tutorial, done as a reader does it: a desk, an oven, an owner and a technician."""

import re
from pathlib import Path

import httpx
import pytest
from tests.docs.pages import blocks, pages, titled
from tests.docs.reader import Reader, reading

PAGE = "docs/tutorial/first-service.md"
LINK = r"http://\S+/{}/\S+"


async def press(link: str, **form: str) -> str:
    """Open a page, and press a button of it; the page that comes then."""
    async with httpx.AsyncClient(follow_redirects=True, timeout=30) as browser:
        opened = await browser.get(link)
        assert opened.status_code == 200, opened.text
        for name, value in form.items():
            assert f'name="{name}"' in opened.text
            assert name == "words" or f'value="{value}"' in opened.text
        answered = await browser.post(link, data=form)
        assert answered.status_code == 200, answered.text
        return answered.text


def plain() -> list[str]:
    """The shell blocks without a title, in their order: what is simply typed."""
    return [
        one.text
        for one in blocks(PAGE, pages()[PAGE])
        if one.language == "sh" and not one.title and one.reason is None
    ]


async def do(reader: Reader) -> None:
    check, ask, register, doctor = plain()
    reader.write(PAGE, "ovens.py", "new_oven.py", "oven.py", "mails.py")
    assert await reader.run(check) == "Nothing is wrong with ovens.\n"
    desk = await reader.start(titled(PAGE, "desk"))
    await desk.says("Ready", within=90)
    assert "Descale an oven" in await reader.run(ask)
    said = await reader.run(register)
    assert "1 new" in said
    assert "Steam & Co" in said

    oven = await reader.start(titled(PAGE, "oven"))
    await oven.says(r"^case [0-9a-f-]{36}$")
    link = await reader.repeat(titled(PAGE, "owner"), LINK.format("decision"))
    await press(link[0], option="yes")
    link = await reader.repeat(titled(PAGE, "technician"), LINK.format("job"))
    await press(link[0], action="accept")
    done = await press(link[0], action="done", words="Descaled.")
    assert "The machine's own signals" in done

    await reader.run(titled(PAGE, "mended"))
    await oven.says(re.escape(promised()), within=60)
    await oven.process.wait()
    assert oven.process.returncode == 0, oven.said
    await reader.repeat(titled(PAGE, "owner"), "descaled the oven")
    assert "all hash chains hold" in await reader.run(doctor)
    assert not reader.left(PAGE)


def promised() -> str:
    """What the page says that the oven prints."""
    (one,) = [block.text for block in blocks(PAGE, pages()[PAGE]) if block.language == "text"]
    return one.strip()


@pytest.mark.timeout(300)
async def test_the_tutorial_ends_verified(tmp_path: Path) -> None:
    async with reading(tmp_path) as reader:
        await do(reader)
