"""Every shell and Python block of docs/ is run by a test, or says in the line above why not."""

from tests.architecture.source import ROOT
from tests.docs.pages import RUN, Block, blocks, pages

from thingdesk.catalog import Catalog
from thingdesk.diagnosis import Rule

# the test of a page runs all of its blocks, and ends with `reader.left(PAGE)` where there are many
TESTED = {
    "docs/how-to/answer-at-once.md": "tests/docs/test_services.py",
    "docs/how-to/ask-over-http.md": "tests/docs/test_over_http.py",
    "docs/how-to/ask-the-owner.md": "tests/docs/test_services.py",
    "docs/how-to/change-a-service.md": "tests/docs/test_services.py",
    "docs/how-to/check-a-service.md": "tests/docs/test_services.py",
    "docs/how-to/back-up.md": "tests/docs/test_how_to.py",
    "docs/how-to/be-a-provider.md": "tests/docs/test_be_a_provider.py",
    "docs/how-to/connect-an-a2a-agent.md": "tests/outside/a2a/test_agent.py",
    "docs/how-to/connect-an-mcp-client.md": "tests/docs/test_mcp_client.py",
    "docs/how-to/deploy.md": "tests/deploy/test_systemd.py",
    "docs/how-to/describe-trouble-codes.md": "tests/docs/test_how_to.py",
    "docs/how-to/register-a-fleet.md": "tests/docs/test_how_to.py",
    "docs/how-to/external-servers.md": "tests/docs/test_external_servers.py",
    "docs/how-to/iot-platforms.md": "tests/docs/test_iot_platforms.py",
    "docs/how-to/mqtt-brokers.md": "tests/docs/test_mqtt_brokers.py",
    "docs/how-to/pair-a-machine.md": "tests/docs/test_pair_a_machine.py",
    "docs/how-to/owners-page.md": "tests/docs/test_how_to.py",
    "docs/how-to/replay-a-recording.md": "tests/docs/test_how_to.py",
    "docs/how-to/wait-for-a-person.md": "tests/docs/test_wait_for_a_person.py",
    "docs/how-to/take-mail.md": "tests/docs/test_take_mail.py",
    "docs/how-to/tmf621.md": "tests/docs/test_over_http.py",
    "docs/how-to/use-node-red.md": "tests/docs/test_node_red.py",
    "docs/how-to/webhooks.md": "tests/docs/test_over_http.py",
    "docs/how-to/write-a-machine.md": "tests/machine/test_docs.py",
    "docs/tutorial/first-service.md": "tests/docs/test_tutorial.py",
}
# signatures, written from the code; the record of a decision is of its day
SHOWN = ("docs/reference/", "docs/decisions/")


def not_run(page: str, text: str) -> list[Block]:
    return [one for one in blocks(page, text) if one.language in RUN and one.reason is None]


def test_every_block_is_run_or_says_why_not() -> None:
    untested = [
        name
        for name, text in pages().items()
        if name.startswith("docs/") and not name.startswith(SHOWN) and not_run(name, text)
    ]
    assert sorted(untested) == sorted(TESTED)
    assert not [one for one in TESTED.values() if not (ROOT / one).exists()]


def test_a_block_without_test_and_reason_is_found() -> None:
    text = "```sh\nls\n```\n<!-- not run: it takes a day -->\n```sh\nmake\n```\n```text\na\n```\n"
    assert [one.text for one in not_run("docs/a.md", text)] == ["ls\n"]
    assert [one.reason for one in blocks("docs/a.md", text)] == [None, "it takes a day", None]


def test_the_service_on_the_front_page_is_one() -> None:
    (block,) = [one for one in blocks("README.md", pages()["README.md"]) if "SERVICES" in one.text]
    names: dict[str, object] = {"__name__": "my_ovens"}
    exec(block.text, names)  # noqa: S102 - that is what the page says to do
    services, rules = names["SERVICES"], names["RULES"]
    assert isinstance(services, tuple)
    assert isinstance(rules, tuple)
    offered = {one.name for one in Catalog(services)}
    assert all(isinstance(one, Rule) and one.service in offered for one in rules)
