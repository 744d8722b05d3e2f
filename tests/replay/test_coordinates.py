"""The decimal point of a coordinate, put back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.replay.coordinates import coordinate, decimal


def grouped(value: float) -> str:
    """As a spreadsheet writes a coordinate whose point it took for one of thousands."""
    digits = f"{abs(value):.12f}".rstrip("0").replace(".", "").lstrip("0")
    groups = f"{int(digits):,}".replace(",", ".")
    return f"-{groups}" if value < 0 else groups


@pytest.mark.parametrize(
    ("text", "near", "largest", "value"),
    [
        ("-58.412.345", -5.8, 90, -5.8412345),
        ("-3.521.234.567", -35.2, 180, -35.21234567),
        ("-58.412", -5.8, 90, -5.8412),  # one point, and not the decimal one
        ("-58", -5.8, 90, -5.8),
        ("48.137.154", 48.1, 90, 48.137154),
        ("115.753.821", 11.6, 180, 11.5753821),
        ("1.391.234.567", 139.7, 180, 139.1234567),
        ("-352", -35.2, 180, -35.2),
    ],
)
def test_the_point_stands_where_the_value_lies_near(
    text: str, near: float, largest: float, value: float
) -> None:
    assert coordinate(text, near, largest=largest) == value


@pytest.mark.parametrize(
    "text", ["", "-", "58.412.345", "-13.412.345", "5,8", "-5..8", "-5.8x", "\N{THAI DIGIT FIVE}"]
)
def test_what_is_no_coordinate_near_is_none(text: str) -> None:
    assert coordinate(text, -5.8, largest=90) is None


def test_a_whole_coordinate_has_one_point_and_no_group_of_three_digits_after_it() -> None:
    assert [decimal(text, largest=90) for text in ("52.5200066", "-33.86", "-58.4123", "0.0")] == [
        52.5200066,
        -33.86,
        -58.4123,
        0.0,
    ]
    for text in ("-58.412", "-58.412.345", "-58", "90.0001", "", "5,8", "1.", "x1.5"):
        assert decimal(text, largest=90) is None, text


def test_no_coordinate_lies_beyond_the_largest() -> None:
    assert coordinate("-905.234", -89.8, largest=90) is None
    assert coordinate("-905.234", -89.8, largest=180) == -90.5234


@given(st.floats(-6.7, -4.9), st.floats(-36.1, -34.3))
def test_any_place_around_natal_survives_the_spreadsheet(latitude: float, longitude: float) -> None:
    latitude, longitude = round(latitude, 7), round(longitude, 7)
    assert coordinate(grouped(latitude), -5.8, largest=90) == latitude
    assert coordinate(grouped(longitude), -35.2, largest=180) == longitude
