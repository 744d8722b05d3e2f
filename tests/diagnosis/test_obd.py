"""Trouble codes: what real devices answer, and that nothing at all makes the reader raise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from thingdesk.diagnosis.obd import TroubleCodes, UnreadableCode, decode, read_codes

CODE = st.from_regex(r"[PCBU][0-3][0-9A-F]{3}", fullmatch=True)
SET_CODE = CODE.filter(lambda code: code != "P0000")


def encode(code: str) -> bytes:
    """The two bytes of a code, as a device sends them (SAE J2012): two bits are its letter."""
    return ("PCBU".index(code[0]) << 14 | int(code[1:], 16)).to_bytes(2, "big")


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        ("P0301", "0301"),
        ("P0133", "0133"),
        ("P3FFF", "3FFF"),
        ("C0301", "4301"),
        ("B1234", "9234"),
        ("U0100", "C100"),
        ("U3FFF", "FFFF"),
    ],
)
def test_a_code_and_its_two_bytes(code: str, raw: str) -> None:
    assert encode(code).hex().upper() == raw
    assert decode(*bytes.fromhex(raw)) == code


@given(CODE)
def test_a_code_survives_encoding(code: str) -> None:
    assert decode(*encode(code)) == code


@given(st.binary(min_size=2, max_size=2))
def test_any_two_bytes_survive_decoding(raw: bytes) -> None:
    assert encode(decode(*raw)) == raw


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ("P0301", ["P0301"]),
        (" p0301 ", ["P0301"]),
        ("P0301,P0420", ["P0301", "P0420"]),
        ("P0301; P0420\nP0301", ["P0301", "P0420"]),
        ("43 01 33 00 00 00 00", ["P0133"]),
        ("43013300000000", ["P0133"]),
        ("43 00 00 00 00 00 00", []),
        ("43 01 33 04 20 C1 00", ["P0133", "P0420", "U0100"]),
        ("43 01 33 04 20 C1 00\r43 03 01 00 00 00 00", ["P0133", "P0420", "U0100", "P0301"]),
        ("4302 0133 0420", ["P0133", "P0420"]),
        ("4300", []),
        ("43 00\r\r>", []),
        ("43 01 01 33\r43 00", ["P0133"]),
        ("43 01 01 33 AA AA AA AA", ["P0133"]),
        ("47 01 03 01", ["P0301"]),
        ("4A 01 03 01", ["P0301"]),
        ("SEARCHING...\r43 01 01 33\r>", ["P0133"]),
        ("03\r43 01 01 33\r>", ["P0133"]),
        (
            "00A\r0: 43 04 01 33 04 20\r1: 05 62 07 00 00 00 00\r>",
            ["P0133", "P0420", "P0562", "P0700"],
        ),
        ("00A0:4304013304201:05620700000000", ["P0133", "P0420", "P0562", "P0700"]),
        ("00A\r0:430401330420\r1:05620700123456", ["P0133", "P0420", "P0562", "P0700"]),
        ("0:430401330420\n1:05620700AAAAAA", ["P0133", "P0420", "P0562", "P0700"]),
    ],
)
def test_answers_that_name_codes(answer: str, codes: list[str]) -> None:
    assert read_codes(answer) == TroubleCodes(codes=tuple(codes))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("MIL is OFF0 codes", TroubleCodes(codes=(), lamp=False, stored=0)),
        ("MIL is ON2 codes", TroubleCodes(codes=None, lamp=True, stored=2)),
        ("MIL is ON, 1 code", TroubleCodes(codes=None, lamp=True, stored=1)),
        ("41 01 00 07 61 00", TroubleCodes(codes=(), lamp=False, stored=0)),
        ("0101\r41 01 82 07 65 04\r>", TroubleCodes(codes=None, lamp=True, stored=2)),
        ("41 01 82 07 65 04", TroubleCodes(codes=None, lamp=True, stored=2)),
        (
            "41 01 00 07 61 00\r41 01 03 00 00 00",
            TroubleCodes(codes=None, lamp=False, stored=3),
        ),
        # two control units, the ends of lines lost by a logger
        ("4101000765041:00410100076504", TroubleCodes(codes=(), lamp=False, stored=0)),
    ],
)
def test_answers_about_the_lamp_and_the_number_of_codes(answer: str, status: TroubleCodes) -> None:
    assert read_codes(answer) == status


@pytest.mark.parametrize(
    "answer", ["NO DATA", "UNABLE TO CONNECT", "SEARCHING...\rNO DATA\r>", "BUS INIT: ...ERROR"]
)
def test_a_vehicle_that_did_not_answer_did_not_say_that_it_has_no_code(answer: str) -> None:
    assert read_codes(answer) == TroubleCodes(codes=None, lamp=None, stored=None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "empty"),
        (" \r\n>", "empty"),
        ("1:4021000007E805", "not in order"),  # the end of an answer alone
        ("0:43020133\n0:43020420", "not in order"),
        ("1:00", "not in order"),
        ("0000:4300", "no answer to a request"),
        ("00A\r0:430401330420", "10 bytes are announced and 6 came"),
        ("43 02 01 33", "2 codes are announced in 2 bytes"),
        ("43 01 01 33 12", "1 codes are announced in 3 bytes"),
        ("43", "ends after"),
        ("7F 03 11", "no answer to a request"),
        ("43 0", "neither codes"),
        ("P0301, nonsense", "neither codes"),
        ("{0.__class__}", "neither codes"),
        ("P0301" * 1000, "longer than 4096"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_reason(answer: str, reason: str) -> None:
    read = read_codes(answer)
    assert isinstance(read, UnreadableCode)
    assert reason in read.reason
    assert read.text == answer[:64]


@given(st.text() | st.from_regex(r"[0-9A-F: \r>PCBU,.]{0,80}", fullmatch=True))
@example("\N{ARABIC-INDIC DIGIT THREE}")
@example("MIL is ON\N{ARABIC-INDIC DIGIT THREE} codes")
def test_no_text_makes_it_raise(answer: str) -> None:
    assert isinstance(read_codes(answer), TroubleCodes | UnreadableCode)


@given(st.lists(SET_CODE, unique=True, max_size=60), st.booleans(), st.sampled_from("37A"))
@example(codes=[f"P{number:04}" for number in range(1, 61)], frames=True, service="3")
def test_a_can_answer_of_any_length_round_trips(
    codes: list[str], frames: bool, service: str
) -> None:
    message = bytes([int(f"4{service}", 16), len(codes)]) + b"".join(map(encode, codes))
    answer = message.hex(" ").upper()
    if frames:
        parts = [message[:6]] + [message[i : i + 7] for i in range(6, len(message), 7)]
        lines = [f"{number % 16:X}: {part.hex(' ')}" for number, part in enumerate(parts)]
        answer = "\r".join([f"{len(message):03X}", *lines])
    assert read_codes(answer) == TroubleCodes(codes=tuple(codes))


@given(st.lists(SET_CODE, unique=True, max_size=12))
def test_an_answer_of_an_older_bus_round_trips(codes: list[str]) -> None:
    groups = [codes[i : i + 3] for i in range(0, len(codes), 3)] or [[]]
    lines = [f"43{b''.join(map(encode, group)).ljust(6, bytes(1)).hex()}" for group in groups]
    assert read_codes("\r".join(lines)) == TroubleCodes(codes=tuple(codes))
