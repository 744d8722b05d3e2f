"""Machines and providers from files: what is wrong or would never work is said, and counted."""

from pathlib import Path

from tests.commands.command_line import thingdesk

LINES = """
{"name": "North", "kinds": ["technician"], "lat": 1, "lon": 2, "email": "north@example.org"}
{"name": "Silent", "kinds": ["technician"], "lat": 1, "lon": 2}
{"name": "Inside", "kinds": ["technician"], "lat": 1, "lon": 2, "webhook_url": "http://127.0.0.1/"}
"""


def test_providers_who_cannot_be_told_are_said(tmp_path: Path, database_url: str) -> None:
    file = tmp_path / "providers.jsonl"
    file.write_text(LINES.strip())
    done = thingdesk(tmp_path, "providers", file.name, DATABASE_URL=database_url)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "2 registered, 1 bad")
    _, silent, inside = done.stderr.splitlines()
    assert silent == ("line 2: email is missing: give it, or webhook_url: jobs are offered there")
    assert inside.startswith("line 3: jobs will not reach Inside: 127.0.0.1 is in a network that")
    assert inside.endswith("(THINGDESK_WEBHOOK_NETWORKS allows it)")
    file.write_text(LINES.strip().splitlines()[2])
    networks = {"DATABASE_URL": database_url, "WEBHOOK_NETWORKS": "127.0.0.0/8"}
    allowed = thingdesk(tmp_path, "providers", file.name, **networks)
    assert (allowed.returncode, allowed.stdout.splitlines()[-1]) == (0, "1 registered, 0 bad")
    assert len(allowed.stderr.splitlines()) == 1


def test_a_fleet_is_read_by_its_suffix_or_refused(tmp_path: Path, database_url: str) -> None:
    for name in ("FLEET.CSV", "fleet.xlsx"):
        (tmp_path / name).write_text("id,kind,model\nbus-1,bus,b-12\n")
    read = thingdesk(tmp_path, "machines", "FLEET.CSV", DATABASE_URL=database_url)
    assert "line 1" not in read.stdout + read.stderr
    assert read.returncode < 2
    refused = thingdesk(tmp_path, "machines", "fleet.xlsx", DATABASE_URL=database_url)
    assert refused.returncode == 2
    assert "fleet.xlsx: a fleet is a file .csv, .jsonl, .json" in refused.stderr
