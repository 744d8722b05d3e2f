import logging
from datetime import timedelta

import pytest

from thingdesk.platform import clock
from thingdesk.platform.sparing import RepeatedErrors, SparingLog, printable

_log = logging.getLogger("thingdesk.test")


def test_a_flood_writes_no_more_than_can_be_read(caplog: pytest.LogCaptureFixture) -> None:
    sparing = SparingLog(_log, most=3)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        for n in range(10):
            sparing.warning(f"line {n}")
        assert caplog.messages == ["line 0", "line 1", "line 2"]
        turnable.turn(timedelta(minutes=2))
        sparing.warning("later")
        sparing.warning("again")
        turnable.turn(-timedelta(hours=1))
        for n in range(3):
            sparing.warning(f"turned back {n}")
    assert caplog.messages[3:] == ["7 more lines like these were left out", "later", "again"] + [
        f"turned back {n}" for n in range(3)
    ]


def test_what_fails_every_second_is_told_once_and_then_a_line_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    repeated, turnable = RepeatedErrors(_log), clock.Turnable()
    with clock.reading(turnable):
        for _ in range(130):
            repeated.tell("work", OSError("the disk is full"))
            turnable.turn(timedelta(seconds=1))
        repeated.tell("work", ValueError("another"))
        turnable.turn(timedelta(minutes=2))
        repeated.tell("work", OSError("full again"))
    again = "work: 60 times more: the disk is full"
    assert caplog.messages == ["work", again, again, "work", "work"]
    assert [bool(one.exc_info) for one in caplog.records] == [True, False, False, True, True]


@pytest.mark.parametrize("text", ["a\nERROR b", "a\r\x1b[2Jb", "a\u2028b", "a\0b"])
def test_a_line_is_one_line_of_what_can_be_printed(
    caplog: pytest.LogCaptureFixture, text: str
) -> None:
    SparingLog(_log).warning(text)
    (line,) = caplog.messages
    assert line.isprintable()
    assert line.startswith("a\\")
    assert line.endswith("b")


def test_what_can_be_printed_stays() -> None:
    assert printable("Grüße 你好 'x'") == "Grüße 你好 'x'"
