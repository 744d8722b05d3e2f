"""The AsyncAPI document is accepted by the parser of those who make AsyncAPI."""

import json
from pathlib import Path

import pytest
from tests.outside.node import HERE, run_node

from thingdesk.app import make_flow
from thingdesk.channels.mqtt.asyncapi import describe
from thingdesk.intake import Kind
from thingdesk.platform.settings import Settings


@pytest.mark.usefixtures("node")
async def test_the_parser_accepts_it_and_finds_every_service(tmp_path: Path) -> None:
    offered = list(make_flow(Settings(data_dir=tmp_path)).catalog)
    file = tmp_path / "asyncapi.json"
    file.write_text(json.dumps(describe(offered, "mqtt://desk.example:1883")))
    said = json.loads(await run_node(HERE / "mqtt" / "parse.js", str(file)))
    assert said["grave"] == []
    assert said["version"] == "3.0.0"
    asked = [
        message
        for action, address, messages in said["operations"]
        if (action, address) == ("receive", f"td/{{machine}}/{Kind.REPORTS}")
        for message in messages
    ]
    assert sorted(asked) == sorted(f"report.{one.name}" for one in offered)
