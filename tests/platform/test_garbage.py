import gc
import weakref
from collections.abc import Iterator

import pytest

from thingdesk.platform.garbage import look_seldom


@pytest.fixture
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Ring:
    """Holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.usefixtures("as_before")
def test_what_is_started_is_not_looked_at_again_and_what_comes_later_is_let_go_of() -> None:
    stays = [[n] for n in range(1000)]
    look_seldom()
    assert gc.get_freeze_count() >= len(stays)
    looks = sum(one["collections"] for one in gc.get_stats())
    messages = [[n] for n in range(10_000)]
    assert sum(one["collections"] for one in gc.get_stats()) == looks
    ring = weakref.ref(Ring())
    while ring() is not None:
        messages = [[n] for n in range(len(messages) + 10_000)]
    assert len(messages) <= 100_000
