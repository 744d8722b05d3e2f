import hashlib
import json
from pathlib import Path

import pytest

from thingdesk.platform.embedded import manifest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "pg_wal").mkdir()
    (tmp_path / "pg_wal" / "000000010000000000000002").write_text("log")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "1").write_bytes(b"rows")
    entry = {"Path": "base/1", "Size": 4, "Checksum": hashlib.sha256(b"rows").hexdigest()}
    body = json.dumps({"Files": [entry]})[:-1] + ",\n"
    own = hashlib.sha256(body.encode()).hexdigest()
    (tmp_path / manifest.NAME).write_text(f'{body}"Manifest-Checksum": "{own}"}}')
    return tmp_path


def test_what_was_sent_is_as_it_was_sent(data: Path) -> None:
    assert manifest.differences(data) == []


def test_each_difference_is_named(data: Path) -> None:
    (data / "base" / "1").write_bytes(b"raws")
    assert manifest.differences(data) == ["base/1 has other content"]
    (data / "base" / "1").unlink()
    (data / "base" / "2").write_bytes(b"")
    assert manifest.differences(data) == ["base/2 is not on the list", "base/1 is missing"]
    text = (data / manifest.NAME).read_text()
    (data / manifest.NAME).write_text(text.replace("base/1", "base/3"))
    assert manifest.differences(data) == ["backup_manifest was changed"]
