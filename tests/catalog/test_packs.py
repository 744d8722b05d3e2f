"""Packs of one's own are modules, wherever Python imports from."""

import sys
from pathlib import Path

import pytest

from thingdesk import packs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_module_with_services_is_a_pack(folder: Path) -> None:
    (folder / "pack_of_mine.py").write_text("SERVICES = ()\n")
    (found,) = packs.load(["pack_of_mine"])
    assert found is sys.modules["pack_of_mine"]


def test_what_cannot_be_used_is_said(folder: Path) -> None:
    (folder / "pack_without.py").write_text("RULES = ()\n")
    with pytest.raises(packs.PackError, match="pack_without has no SERVICES"):
        packs.load(["pack_without"])
    with pytest.raises(packs.PackError, match="THINGDESK_PACKS: pack_nowhere cannot be imported"):
        packs.load(["pack_nowhere"])
