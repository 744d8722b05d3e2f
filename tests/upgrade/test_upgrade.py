"""The check of an upgrade, with the release before played by what is committed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.architecture.source import files
from tests.upgrade.check import ROOT, UpgradeFailed, check, checked_out

FEW = ("tests/cases/test_open.py", "tests/notices/test_notices.py")
# it fails where no journey of the release before is there yet, and without the first phase
POST = """
do $$ begin
    if not exists (select from journey) then raise exception 'before the journeys'; end if;
    update planted set phase = 'post';
end $$
"""
MIGRATIONS = "src/thingdesk/journeys/migrations"


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Path]:
    with checked_out("HEAD", tmp_path / "release") as tree:
        yield tree


@pytest.fixture
def after(tmp_path: Path) -> Path:
    """A copy of the working tree, to plant something in."""
    for name in files():
        if name.startswith(("src/", "tests/", "docs/how-to/")):
            (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / "copy" / name)
    return tmp_path / "copy"


@pytest.mark.timeout(240)
async def test_a_release_that_can_follow_does(before: Path, after: Path, tmp_path: Path) -> None:
    (after / MIGRATIONS / "9001_planted.sql").write_text("create table planted (phase text)")
    (after / MIGRATIONS / "9002_planted.post.sql").write_text(POST)
    said: list[str] = []
    await check(before, after, tmp_path, FEW, said.append)
    assert len(said) == 5
    assert "passed" in said[1]


@pytest.mark.timeout(240)
async def test_a_migration_that_breaks_the_release_before_is_found(
    before: Path, after: Path, tmp_path: Path
) -> None:
    renamed = "alter table desk_case rename column title to heading"
    (after / MIGRATIONS / "9001_planted.sql").write_text(renamed)
    with pytest.raises(UpgradeFailed, match='column "title"') as caught:
        await check(before, after, tmp_path, FEW)
    assert str(caught.value).startswith("tests of the release before fail on the new schema:")


@pytest.mark.timeout(240)
async def test_steps_that_changed_in_place_are_found(
    before: Path, after: Path, tmp_path: Path
) -> None:
    pack = after / "tests/journeys/gated_pack.py"
    pack.write_text(pack.read_text().replace('"gated.begun"', '"gated.other"'))
    with pytest.raises(UpgradeFailed, match="a journey is stuck: Changed: step 1"):
        await check(before, after, tmp_path, FEW[1:])


def test_a_release_that_is_not_there_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(UpgradeFailed, match="never-released"),
        checked_out("never-released", tmp_path),
    ):
        pass
