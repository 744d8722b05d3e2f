import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from thingdesk.platform import present, private


@pytest.fixture(autouse=True)
def open_hand() -> Iterator[None]:
    """An account whose files are open to all unless they are closed on purpose."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_new_is_for_its_owner_alone(tmp_path: Path) -> None:
    private.make_folder(tmp_path / "desk")
    private.write(tmp_path / "desk" / "secret", b"one")
    assert (mode(tmp_path / "desk"), mode(tmp_path / "desk" / "secret")) == (0o700, 0o600)
    assert [file.name for file in (tmp_path / "desk").iterdir()] == ["secret"]


def test_a_file_that_was_open_is_closed_when_it_is_written(tmp_path: Path) -> None:
    for name in ("secret", "log"):
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(0o644)
    private.write(tmp_path / "secret", b"new")
    with private.open_new(tmp_path / "log") as log:
        log.write(b"new")
    for name in ("secret", "log"):
        assert (mode(tmp_path / name), (tmp_path / name).read_text()) == (0o600, "new")


def test_closing_takes_rights_from_others_and_gives_none(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch()
    for before, after in ((0o644, 0o600), (0o666, 0o600), (0o440, 0o400), (0o700, 0o700)):
        file.chmod(before)
        assert private.is_open(file) is (before != after)
        private.close(file)
        assert mode(file) == after


def test_nothing_that_another_account_put_there_is_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / f".secret.{os.getpid()}.part").symlink_to(precious)
    private.write(tmp_path / "secret", b"other")
    assert (precious.read_text(), (tmp_path / "secret").read_text()) == ("mine", "other")


def test_what_a_desk_says_of_itself_is_private(tmp_path: Path) -> None:
    present.write(tmp_path, {"database": "postgresql://desk:word@/desk"})
    assert [mode(file) for file in tmp_path.iterdir()] == [0o600]
