import logging
from datetime import timedelta

import pytest

from thingdesk.platform import clock
from thingdesk.platform.sparing import SparingLog, printable

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
    assert caplog.messages[3:] == ["7 more lines like these were left out", "later", "again"]


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
