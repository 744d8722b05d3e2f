"""The fields of an input as TMF621 describes them."""

from enum import StrEnum
from typing import Any, Literal

import pytest

from thingdesk.channels.tmf621.characteristics import specified
from thingdesk.sdk import Data, Field


class Drink(StrEnum):
    """What the machine makes."""

    COFFEE = "coffee"
    TEA = "tea"


class Size(Data):
    grams: int


class Order(Data):
    drink: Drink
    second: Drink | None = None
    cups: Literal[1, 2] = 1
    strength: int | None = Field(default=None, description="From weak to strong.")
    note: str | float = ""
    size: Size | None = None
    codes: list[str] = Field(default_factory=list)
    other: Drink | str = "none"


FIELDS = {one["name"]: one for one in specified(Order.model_json_schema())}


def chosen_from(name: str) -> list[tuple[Any, ...]]:
    names = ("@type", "valueType", "value", "isDefault")
    said = FIELDS[name].get("characteristicValueSpecification", [])
    return [tuple(one[key] for key in names if key in one) for one in said]


@pytest.mark.parametrize(
    ("name", "kind", "least"),
    [
        ("drink", "string", 1),
        ("second", "string", 0),
        ("cups", "integer", 0),
        ("strength", "integer", 0),
        ("note", "object", 0),
        ("size", "object", 0),
        ("codes", "object", 0),
        ("other", "string", 0),
    ],
)
def test_a_field_is_of_the_kind_that_its_schema_comes_to(name: str, kind: str, least: int) -> None:
    assert (FIELDS[name]["valueType"], FIELDS[name]["minCardinality"]) == (kind, least)


def test_what_is_chosen_from_a_list_says_its_values() -> None:
    text = "StringCharacteristicValueSpecification"
    number = "IntegerCharacteristicValueSpecification"
    both = [(text, "string", "coffee"), (text, "string", "tea")]
    assert chosen_from("drink") == chosen_from("second") == both
    assert chosen_from("cups") == [(number, "integer", 1, True), (number, "integer", 2)]
    assert chosen_from("other") == [], "any text fits, too"
    assert FIELDS["strength"]["description"] == "From weak to strong."
    assert FIELDS["drink"]["description"] == "What the machine makes."
