"""The broker of the composition, with the files that the page makes and its own account."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.architecture.source import ROOT
from tests.docs.pages import titled
from tests.docs.reader import reading

SERVERS = "docs/how-to/external-servers.md"
DEPLOY = "docs/how-to/deploy.md"
PATH = f"{os.environ['PATH']}:/usr/sbin"
TOOLS = ("mosquitto", "mosquitto_passwd", "openssl", "setpriv")
MISSING = [one for one in TOOLS if shutil.which(one, path=PATH) is None]

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="not root"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture
def release() -> Iterator[Path]:
    """The code, where the account of the container may look: the folders of pytest are closed."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        shutil.copytree(ROOT / "deploy", Path(name, "deploy"))
        yield Path(name)


async def test_its_account_can_read_what_the_page_makes(tmp_path: Path, release: Path) -> None:
    broker = release / "deploy" / "docker" / "broker"
    config = release / "mosquitto.conf"
    async with reading(tmp_path, PATH=PATH, RELEASE_FOLDER=str(release)) as reader:
        certificates = titled(SERVERS, "certificates")
        named = certificates.replace("certify server localhost", "certify server broker.example")
        assert named != certificates
        await reader.run(named)
        await reader.run(titled(DEPLOY, "broker files"))
        assert not (broker / "ca.key").exists()
        checked = await reader.run(
            f"openssl x509 -in {broker}/server.crt -noout -checkhost broker.example"
        )
        assert "does match" in checked
        (release / "data").mkdir()
        shutil.chown(release / "data", 1883, 1883)
        text = reader.text((broker / "mosquitto.conf").read_text())
        text = text.replace("/mosquitto/config", str(broker))
        config.write_text(text.replace("/mosquitto/data", str(release / "data")))
        as_its_account = "setpriv --reuid=1883 --regid=1883 --clear-groups"
        running = await reader.start(f"{as_its_account} mosquitto -c {config}")
        await running.says("running")
        # it says so before it heeds being ended: who has shaken hands with it knows that it does
        await reader.repeat(
            f"openssl s_client -connect localhost:8883 -CAfile {broker}/ca.crt -brief"
            " -verify_hostname broker.example </dev/null 2>&1 || true",
            "Verified peername: broker.example",
        )
