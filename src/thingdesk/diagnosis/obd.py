"""Diagnostic trouble codes, in the forms in which real devices answer for them.

A code is two bytes: the upper two bits of the first are its letter (P powertrain, C chassis,
B body, U network), the next two its first digit, the other twelve three hexadecimal digits
(SAE J2012 / ISO 15031-6). The answers of the services 03, 07 and 0A (stored, pending and permanent
codes) and of service 01, parameter 01 (warning lamp and number of codes) are those of SAE J1979 /
ISO 15031-5: on CAN (ISO 15765-4) a count goes before the codes, elsewhere each message has room
for exactly three codes and is filled with zeros; so six bytes are never read as CAN. An answer in
several frames (ISO 15765-2) is read as the ELM327 and its many copies print it: a line with the
length, then `0:`, `1:` ... before the data.
"""

import re
from dataclasses import dataclass

from thingdesk.signals import is_trouble_code

_LETTERS = "PCBU"
_LONGEST = 4096
_SHOWN = 64

_LAMP = re.compile(r"MIL IS (ON|OFF)\W*(\d{1,3}) CODES?")
# what an adapter says when the vehicle did not speak (ELM327 data sheet, "Error Messages")
_UNANSWERED = re.compile(
    r"NO DATA|UNABLE TO CONNECT|STOPPED|BUS BUSY|(?:CAN|BUS|FB|DATA) ERROR|BUS INIT:? ?\.*ERROR"
)
_NOISE = re.compile(r"SEARCHING\.*|BUS INIT:? ?\.*OK|0[37A]|0101")  # progress, and our echo
_FRAMES = re.compile(r"(?:([0-9A-F]{3})(?=0:))?((?:[0-9A-F]:[0-9A-F]+?(?=[0-9A-F]:|$))+)")
_FRAME = re.compile(r"([0-9A-F]):([0-9A-F]+?)(?=[0-9A-F]:|$)")
_STATUS = re.compile(r"(?:4101[0-9A-F]{8}|[0-9A-F]:(?:00)?)+")
_SERVICES = (0x43, 0x47, 0x4A)
_PADDING = frozenset((0x00, 0x55, 0xAA, 0xFF))
_UNCOUNTED = 6  # bytes of three codes; behind a count there is an odd number
_NONE = (0, 0)


@dataclass(frozen=True, slots=True)
class TroubleCodes:
    """What an answer says: which codes, whether the warning lamp is lit, how many codes are stored.

    None is what it does not say. `codes` are distinct and in the answer's order; they are empty
    only where the vehicle said that it has none, so an adapter's NO DATA leaves all three None.
    """

    codes: tuple[str, ...] | None = None
    lamp: bool | None = None
    stored: int | None = None


@dataclass(frozen=True, slots=True)
class UnreadableCode:
    """`text` (its beginning) is no answer about trouble codes; `reason` says why."""

    text: str
    reason: str


class _UnfitError(Exception):
    pass


def decode(high: int, low: int) -> str:
    """The code of two bytes."""
    return f"{_LETTERS[high >> 6]}{high >> 4 & 3}{high & 15:X}{low:02X}"


def read_codes(answer: str) -> TroubleCodes | UnreadableCode:
    """What a device's answer says about trouble codes. No text makes it raise."""
    try:
        return _read(answer)
    except _UnfitError as unfit:
        return UnreadableCode(answer[:_SHOWN], str(unfit))


def _read(answer: str) -> TroubleCodes:
    if len(answer) > _LONGEST:
        raise _UnfitError(f"longer than {_LONGEST} characters")
    lines = _lines(answer)
    if not lines:
        raise _UnfitError("empty")
    text = " ".join(lines)
    if _UNANSWERED.fullmatch(text):
        return TroubleCodes()
    if lamp := _LAMP.fullmatch(text):
        return _status(lit=lamp[1] == "ON", stored=int(lamp[2]))
    words = [word for word in re.split(r"[\s,;|/]+", text) if word]
    if words and all(map(is_trouble_code, words)):
        return _named(words)
    return _raw(lines)


def _lines(answer: str) -> list[str]:
    """Its lines in upper case without the adapter's prompt, progress and echo, blanks kept."""
    lines = (line.strip() for line in re.split(r"[\r\n>\0]+", answer.upper()))
    return [line for line in lines if line and not _NOISE.fullmatch(line)]


def _raw(lines: list[str]) -> TroubleCodes:
    packed = ["".join(line.split()) for line in lines]
    whole = "".join(packed)
    if _STATUS.fullmatch(whole):
        answers = [bytes.fromhex(part) for part in re.findall(r"4101([0-9A-F]{8})", whole)]
        if answers:
            return _status(
                lit=any(answer[0] & 0x80 for answer in answers),
                stored=sum(answer[0] & 0x7F for answer in answers),
            )
    if ":" in whole:
        return _named(_message(_joined(whole)))
    return _named([code for line in packed for code in _message(_bytes(line))])


def _status(*, lit: bool, stored: int) -> TroubleCodes:
    return TroubleCodes(codes=None if stored else (), lamp=lit, stored=stored)


def _named(codes: list[str]) -> TroubleCodes:
    return TroubleCodes(codes=tuple(dict.fromkeys(codes)))


def _bytes(line: str) -> bytes:
    try:
        return bytes.fromhex(line)
    except ValueError:
        raise _UnfitError("neither codes nor the hexadecimal answer of a vehicle") from None


def _joined(whole: str) -> bytes:
    """The message that the frames `0:`, `1:` ... of one control unit hold."""
    frames = _FRAMES.fullmatch(whole)
    if frames is None:
        raise _UnfitError("neither codes nor the hexadecimal answer of a vehicle")
    parts = _FRAME.findall(frames[2])
    if any(int(label, 16) != number % 16 for number, (label, _) in enumerate(parts)):
        raise _UnfitError("its frames are not in order, or of several control units mixed")
    message = _bytes("".join(data for _, data in parts))
    length = int(frames[1], 16) if frames[1] else len(message)
    if length > len(message):
        raise _UnfitError(f"{length} bytes are announced and {len(message)} came")
    return message[:length]


def _message(message: bytes) -> list[str]:
    """The codes in one message: the service's byte, then as CAN or as any other bus says it."""
    if not message or message[0] not in _SERVICES:
        raise _UnfitError("no answer to a request for trouble codes (03, 07 or 0A)")
    body = message[1:]
    if len(body) != _UNCOUNTED:
        if not body:
            raise _UnfitError("the answer ends after its first byte")
        end = 1 + 2 * body[0]
        if end > len(body) or not _PADDING.issuperset(body[end:]):
            raise _UnfitError(f"{body[0]} codes are announced in {len(body) - 1} bytes")
        body = body[1:end]
    pairs = zip(body[::2], body[1::2], strict=True)
    return [decode(*pair) for pair in pairs if pair != _NONE]
