"""The package that speaks to a collector, which a desk need not have."""

import os
import re
import subprocess
import sys

from tests.architecture.source import ROOT
from tests.docs.pages import pages

PACKAGE = "opentelemetry-exporter-otlp-proto-http"
WITHOUT = """
import sys
sys.modules["opentelemetry.exporter.otlp"] = None
from thingdesk.platform.export import Export
with Export():
    pass
"""


def test_a_desk_without_it_says_which_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        env=os.environ
        | {"PYTHONPATH": str(ROOT / "src"), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"install {PACKAGE}, or unset OTEL_EXPORTER_OTLP_ENDPOINT" in done.stderr


def test_the_page_installs_the_version_that_fits() -> None:
    said = re.findall(r"/bin/pip install (\S+)", pages()["docs/how-to/watch-a-desk.md"])
    (sdk,) = re.findall(
        r"^opentelemetry-sdk==(\S+)",
        (ROOT / "requirements" / "run.txt").read_text(),
        re.MULTILINE,
    )
    assert said == [f"{PACKAGE}=={sdk}"]
    tried = (ROOT / "requirements" / "dev.txt").read_text()
    assert f"\n{PACKAGE}=={sdk} " in tried
