from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from thingdesk.platform import moments


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-24T14:05Z", datetime(2026, 11, 24, 14, 5, tzinfo=UTC)),
        ("2026-11-24 14:05", datetime(2026, 11, 24, 14, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+01:00", datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)),
        ("1970-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2200-12-31T23:59Z", datetime(2200, 12, 31, 23, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_utc(text: str, read: datetime) -> None:
    found = moments.read(text, UTC)
    assert found == read
    assert found.utcoffset() == timedelta(0)
    assert all(found.astimezone(ZoneInfo(zone)) == read for zone in available_timezones())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no time"),
        ("soon", "no time"),
        ("2026-02-30T00:00Z", "no time"),
        ("10000-01-01T00:00Z", "no time"),
        ("2026-01-02", "no zone"),
        ("1969-12-31T23:59Z", "out of range"),
        ("1970-01-01T00:00+00:01", "out of range"),
        ("2201-01-01T00:00Z", "out of range"),
        ("0001-01-01T00:00Z", "out of range"),
        ("0001-01-01T00:00+23:59", "out of range"),
        ("9999-12-31T23:59:59.999999Z", "out of range"),
        ("9999-12-31T23:59-23:59", "out of range"),
    ],
)
def test_what_is_no_moment_to_reckon_with_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        moments.read(text)
