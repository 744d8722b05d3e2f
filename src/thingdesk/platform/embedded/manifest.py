"""The list that PostgreSQL puts into a base backup: every file with its size and SHA-256, and a
checksum of the list itself (PostgreSQL's documentation, "Backup Manifest Format").

Read here, because the `pg_verifybackup` of the wheel ends by a segmentation fault.
"""

import hashlib
import json
from pathlib import Path

NAME = "backup_manifest"
_OWN_SUM = b'"Manifest-Checksum"'


def differences(data: Path) -> list[str]:
    """What is not as the server sent it; the server's log is not on the list."""
    content = (data / NAME).read_bytes()
    listed = json.loads(content)
    body = content[: content.rindex(_OWN_SUM)]
    if hashlib.sha256(body).hexdigest() != listed["Manifest-Checksum"]:
        return [f"{NAME} was changed"]
    expected = {one["Path"]: one for one in listed["Files"]}
    there = {
        str(path.relative_to(data))
        for path in data.rglob("*")
        if path.is_file() and path.parent.name != "pg_wal"
    }
    found = [f"{name} is not on the list" for name in sorted(there - set(expected) - {NAME})]
    return found + [one for one in (_wrong(data, entry) for entry in expected.values()) if one]


def _wrong(data: Path, entry: dict[str, object]) -> str | None:
    path = data / str(entry["Path"])
    if not path.is_file():
        return f"{entry['Path']} is missing"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    same = digest == entry["Checksum"] and path.stat().st_size == entry["Size"]
    return None if same else f"{entry['Path']} has other content"
