import pytest

from thingdesk.signals import is_absent, is_trouble_code, one_form

WRITTEN = (
    "P0301",
    "p0301",
    " P0301 ",
    "P0301-00",
    "P0301:00",
    "P030100",
    "P0301 1C",
    "P0301:00-28",
    "P0301:pending",
    "P0301 (confirmed)",
    "p0301-00 stored",
)
UNREADABLE = (
    "0301",
    "\u04200301",
    "P03O1",
    "P0301:gone",
    "P0301\u200b",
    "P0301 P0420",
    "P4301",
    "\uff30",
)
OTHERS = ("E41", "e41", "E41-00", "F07:pending", "H20", "P1", "U5-1", "ALARM")


@pytest.mark.parametrize("code", WRITTEN)
def test_however_it_is_written_it_is_one_code(code: str) -> None:
    assert one_form(code) == "P0301"


@pytest.mark.parametrize("code", [*UNREADABLE, *OTHERS])
def test_what_does_not_read_as_a_trouble_code_stays_as_it_is(code: str) -> None:
    assert one_form(code) == code
    assert not is_trouble_code(code)


@pytest.mark.parametrize("code", UNREADABLE)
@pytest.mark.parametrize("pattern", ["P0420", "P04*", "P0[45]*", "P042?", "C*", "p0420", "[PC]04*"])
def test_an_unreadable_code_does_not_prove_that_a_trouble_code_is_absent(
    code: str, pattern: str
) -> None:
    assert is_absent(["U0100", code], [pattern]) is None
    assert is_absent(["U0100"], [pattern]) is True
    assert is_absent([], [pattern]) is True


def test_what_is_there_is_not_absent_whatever_else_is() -> None:
    assert is_absent(["0301", "P0301"], ["P03*"]) is False
    assert is_absent(["P0301"], ["p0301-00"]) is False


@pytest.mark.parametrize("pattern", ["E41", "E4*", "P1", "U5-?", "H[12]*"])
def test_codes_of_other_machines_are_taken_by_their_letters(pattern: str) -> None:
    assert is_absent(["E51", "ALARM"], [pattern]) is True
    assert is_absent(["E51", "E41", "P1", "U5-1", "H20"], [pattern]) is False
