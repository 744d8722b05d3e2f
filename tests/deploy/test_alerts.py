"""The alerts look at metrics that there are, and at all that the page says decide."""

import re

import pytest
from ruamel.yaml import YAML
from scripts.reference.metrics import rows
from tests.architecture.source import ROOT

RULES = ROOT / "deploy" / "prometheus" / "alerts.yaml"
PAGE = ROOT / "docs" / "how-to" / "watch-a-desk.md"
# how bad it is when it is slow is for each organisation to say
NOT_ALERTED = {"thingdesk_group_duration_seconds"}
METRIC = re.compile(r"\bthingdesk_\w+")
LABEL = re.compile(r"\b(thingdesk_\w+)\{(\w+)=")
BY = re.compile(r"by \((\w+)\) \((thingdesk_\w+)\)")


def kinds() -> dict[str, tuple[str, str]]:
    """What there is: its kind, and its label."""
    return {name.strip("`"): (kind, label.strip("`")) for name, kind, label, *_ in rows()}


def strange(expression: str) -> set[str]:
    """What an expression names and no process tells."""
    known = kinds()
    buckets = {f"{name}_bucket" for name, (kind, _) in known.items() if kind == "histogram"}
    plain = {name for name, (kind, _) in known.items() if kind != "histogram"}
    pairs = [*LABEL.findall(expression), *((name, label) for label, name in BY.findall(expression))]
    wrong = {f"{name}{{{label}}}" for name, label in pairs if known.get(name, ("", ""))[1] != label}
    return wrong | (set(METRIC.findall(expression)) - buckets - plain)


def expressions() -> list[str]:
    read = YAML(typ="safe").load(RULES.read_text())
    return [rule["expr"] for group in read["groups"] for rule in group["rules"]]


def test_every_alert_looks_at_what_a_process_tells() -> None:
    assert expressions()
    for one in expressions():
        assert not strange(one), one


@pytest.mark.parametrize(
    "wrong",
    [
        "thingdesk_no_such > 1",
        'thingdesk_runs{kind="stuck"} > 0',
        "thingdesk_loop_lag_seconds > 1",
        "max by (kind) (thingdesk_notices_late_seconds) > 60",
    ],
)
def test_what_is_not_there_is_found(wrong: str) -> None:
    assert strange(wrong)


def test_what_the_page_says_decides_is_alerted() -> None:
    table = re.findall(r"^\| `thingdesk_.*$", PAGE.read_text(), re.MULTILINE)
    told = {name for line in table for name in METRIC.findall(line.split("|")[1])}
    alerted = {
        name.removesuffix("_bucket") for one in expressions() for name in METRIC.findall(one)
    }
    assert told
    assert alerted == told - NOT_ALERTED
