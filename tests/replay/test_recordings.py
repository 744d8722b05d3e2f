"""A recording is known by its heading, whatever the file is called."""

from pathlib import Path

import pytest

from thingdesk.replay import Recorded, UnknownRecordingError, Unreadable, read


def test_a_file_with_byte_order_mark_foreign_line_ends_and_broken_bytes(tmp_path: Path) -> None:
    file = tmp_path / "oven.csv"
    file.write_bytes(
        b"\xef\xbb\xbftimestamp,value\r\n2026-03-01 08:05:00,1\r\n"
        b"\xff\xfe\x00,2\r\n2026-03-01 08:15:00,3"
    )
    first, bad, last = read(file)
    assert isinstance(first, Recorded)
    assert first.values == {"temperature": 1}
    assert isinstance(bad, Unreadable)
    assert bad.line == 3
    assert isinstance(last, Recorded)
    assert last.event_id == "oven.csv:4"


def test_a_log_of_cars_is_known_by_its_heading(tmp_path: Path) -> None:
    file = tmp_path / "cars.txt"
    file.write_text(
        "TIME;LATITUDE;LONGITUDE;VEHICLE_ID;ENGINE_RUNTIME\n"
        "1,51336E+12;-58.412.345;-3.521.234.567;c7;00:00:01\n"
    )
    (row,) = read(file)
    assert isinstance(row, Recorded)
    assert row.machine == "c7"
    assert row.position == (-5.8412345, -35.21234567)
    (elsewhere,) = [one for one in read(file, (-58.4, -3.5)) if isinstance(one, Recorded)]
    assert elsewhere.position == (-58.412345, -3.521234567)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n"])
def test_what_is_no_known_recording_is_refused_with_its_heading(
    tmp_path: Path, content: str
) -> None:
    file = tmp_path / "other.csv"
    file.write_text(content)
    with pytest.raises(UnknownRecordingError, match=r"other\.csv begins with .*timestamp,"):
        list(read(file))
