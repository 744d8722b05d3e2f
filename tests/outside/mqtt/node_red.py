"""Node-RED without its editor, as a process of its own that asks nobody but the broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.outside.node import program

PROGRAM = "node-red/red.js"
SETTINGS = """\
module.exports = {
  flowFile: "flows.json",
  credentialSecret: false,
  httpAdminRoot: false,
  httpNodeRoot: false,
  telemetry: { enabled: false, updateNotification: false },
  externalModules: {
    autoInstall: false,
    palette: { allowInstall: false, allowUpload: false },
    modules: { allowInstall: false },
  },
}
"""
Flow = list[dict[str, Any]]


@asynccontextmanager
async def node_red(
    folder: Path, flow: Flow, credentials: Mapping[str, Any], **environment: str
) -> AsyncIterator[asyncio.StreamReader]:
    """It runs this flow for as long as the block lasts; what it writes, line by line."""
    _write(folder, flow, credentials)
    more = {"NODE_RED_DISABLE_TELEMETRY": "1", "FORCE_COLOR": "0", **environment}
    async with program(PROGRAM, "--userDir", str(folder), **more) as process:
        assert process.stdout is not None
        yield process.stdout


def _write(folder: Path, flow: Flow, credentials: Mapping[str, Any]) -> None:
    folder.mkdir()
    (folder / "settings.js").write_text(SETTINGS)
    (folder / "flows.json").write_text(json.dumps(flow))
    (folder / "flows_cred.json").write_text(json.dumps(credentials))
