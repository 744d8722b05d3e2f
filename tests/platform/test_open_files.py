"""A desk may have as many files open as it may ask for, and says when these are too few."""

import resource
from collections.abc import Iterator

import pytest

from thingdesk.platform import open_files


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield soft, hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_it_takes_all_that_it_may_ask_for(limits: tuple[int, int]) -> None:
    _, hard = limits
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard - 1, hard))
    open_files.take_all()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)


def test_what_is_too_few_is_said_with_what_would_do(limits: tuple[int, int]) -> None:
    hard = limits[1]
    assert open_files.too_few(10) == ""
    words = open_files.too_few(hard)
    assert f"Let it have {2 * hard + 200} open files or more" in words
    assert f"THINGDESK_CONNECTIONS to {(hard - 200) // 2} or less" in words
