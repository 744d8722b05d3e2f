from datetime import UTC, date, datetime
from io import BytesIO

import pytest

from thingdesk.parties import BadLine, Position, ProviderLine, read_providers

ADDRESSED = b'{"name": "North", "email": "a@example.org"'
GOOD = ADDRESSED + b', "kinds": ["repair_centre"], "lat": 52.5, "lon": 13.4'


def read(*lines: bytes) -> list[ProviderLine | BadLine]:
    return list(read_providers(BytesIO(b"\n".join(lines))))


def test_a_provider_is_read_with_hours_and_parts() -> None:
    rest = b', "skills": ["engine"], "zone": "Europe/Berlin", "weekdays": "08:00-17:00"'
    more = b', "capacity": 3, "webhook_url": "https://a.example", "parts": {"ignition_coil": 4}}'
    (found,) = read(GOOD + rest + more)
    assert isinstance(found, ProviderLine)
    one = found.provider
    assert (one.name, one.kinds, one.skills) == ("North", ("repair_centre",), ("engine",))
    assert (one.position, one.capacity, one.email) == (Position(52.5, 13.4), 3, "a@example.org")
    assert found.parts == {"ignition_coil": 4}
    monday = one.hours.on(date(2026, 11, 23), one.zone)
    assert monday == (
        (datetime(2026, 11, 23, 7, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC)),
    )


def test_what_is_not_said_has_its_default() -> None:
    (found,) = read(GOOD + b"}")
    assert isinstance(found, ProviderLine)
    assert (found.provider.zone, found.provider.capacity, found.parts) == ("UTC", 1, None)
    assert len(found.provider.hours.spans) == 7


WRONG = {
    b"{": "JSON",
    b'{"name": "North"}': "kinds",
    GOOD + b', "colour": "red"}': "colour: no such key; there are: name, kinds,",
    GOOD.replace(b"kinds", b"kind") + b"}": "kind: no such key; did you mean kinds?",
    GOOD + b', "weekdays": "early"}': "weekdays",
    GOOD + b', "weekdays": "25:00-26:00"}': "hour",
    GOOD.replace(b"52.5", b"152.5") + b"}": "152.5",
}


@pytest.mark.parametrize(("line", "said"), WRONG.items())
def test_a_bad_line_is_told_and_the_rest_goes_on(line: bytes, said: str) -> None:
    bad, empty_passed_over = read(line, b"", GOOD + b"}")
    assert isinstance(bad, BadLine)
    assert bad.line == 1
    assert said in bad.reason
    assert isinstance(empty_passed_over, ProviderLine)
    assert empty_passed_over.line == 3


def test_all_mistakes_of_a_line_are_told() -> None:
    rest = b', "kinds": "technician", "lat": 1, "lon": 200, "zone": "Mars", "capacity": 0'
    bad, other = read(
        b'{"name": "", "colour": "red", "email": 5' + rest + b"}",
        b'{"kinds": [], "lat": 152.9, "lon": 2, "weekdays": "25:00-26:00"}',
    )
    assert isinstance(bad, BadLine)
    assert isinstance(other, BadLine)
    begins = [
        "kinds:",
        "email:",
        "colour:",
        "1.0, 200.0 is no place",
        "name is",
        "zone is",
        "capac",
    ]
    assert [said for said in begins if said not in bad.reason] == []
    assert bad.reason.count("; ") >= len(begins) - 1
    for said in ("name: Field required", "kinds:", "152.9, 2.0 is no place", "hour", "email is m"):
        assert said in other.reason
    assert other.reason.count("; ") == 4
