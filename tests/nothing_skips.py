"""Where THINGDESK_NOTHING_SKIPS is set, as in CI, a skipped test has failed.

A test that may be skipped even there stands in skips.toml, with the reason.
"""

import os
import tomllib
from collections.abc import Generator
from pathlib import Path

import pytest

ALLOWED = Path(__file__).with_name("skips.toml")


def _forbid(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not os.environ.get("THINGDESK_NOTHING_SKIPS"):
        return
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    allowed = tomllib.loads(ALLOWED.read_text())
    if any(report.nodeid.startswith(name) for name in allowed):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid}: nothing is skipped here, but this was: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid(report)
    return report
