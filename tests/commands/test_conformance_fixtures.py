"""What a protocol's own suite expects is never in a desk that others can reach."""

import pytest
from click.testing import CliRunner

from thingdesk.commands.main import main

MODULE = "tests.outside.mcp.fixtures"


@pytest.mark.parametrize(
    ("name", "value"),
    [("THINGDESK_PUBLIC_URL", "https://desk.example"), ("THINGDESK_HTTP_HOST", "192.0.2.1")],
)
def test_a_desk_that_others_reach_has_no_fixtures(name: str, value: str) -> None:
    said = CliRunner().invoke(main, ["up", "--conformance-fixtures", MODULE], env={name: value})
    assert said.exit_code == 2
    assert "loopback alone" in said.output


def test_the_option_is_shown_to_nobody() -> None:
    said = CliRunner().invoke(main, ["up", "--help"])
    assert "conformance" not in said.output
