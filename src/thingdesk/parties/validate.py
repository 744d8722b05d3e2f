"""What is wrong with a party as it is to be registered, field by field. Pure."""

from collections.abc import Iterator
from functools import cache
from re import compile as pattern
from typing import Any
from zoneinfo import available_timezones

from thingdesk.parties.model import MACHINE_ID, NewMachine, NewOwner, NewProvider
from thingdesk.platform import addresses, formats, moments, one_word
from thingdesk.platform.errors import FieldError

LONGEST_TEXT = 128
_LONGEST_INTERVAL_DAYS = 366
_DEEPEST = 16
_URL = pattern(r"https?://[^\s/]+\S*")
_zones = cache(available_timezones)


def machine(new: NewMachine) -> list[FieldError]:
    """The problems of `new`; none when it can be registered."""
    return [*_machine(new), *(owner(new.owner, "owner.") if new.owner else ())]


def _machine(new: NewMachine) -> Iterator[FieldError]:
    if not MACHINE_ID.fullmatch(new.id):
        yield FieldError("id", "is no machine id", "1 to 64 letters, digits, '_' or '-'")
    yield from _kind(new.kind)
    yield from _text("model", new.model, required=False)
    if new.serial is not None:
        yield from _text("serial", new.serial)
    interval = new.expected_interval
    if interval is not None and not 0 < interval.total_seconds() <= _LONGEST_INTERVAL_DAYS * 86400:
        yield FieldError("expected_interval", "is out of range", "more than 0 s, up to 366 days")
    wrong = moments.problem(new.owned_since) if new.owned_since else None
    if wrong:
        yield FieldError("owned_since", wrong, moments.MEND)
    if not _storable(dict(new.attributes), _DEEPEST):
        yield FieldError("attributes", "cannot be stored", "no NUL, depth up to 16, plain JSON")


def _kind(kind: str) -> Iterator[FieldError]:
    unfit = list(_text("kind", kind))
    if not unfit and (wrong := one_word.problem(kind)):
        yield FieldError("kind", wrong, f"write {one_word.like(kind)}")
    yield from unfit


def owner(new: NewOwner, prefix: str = "") -> Iterator[FieldError]:
    """The problems of an owner; `prefix` goes before the field's name."""
    yield from email(new.email, prefix + "email")
    yield from _text(prefix + "name", new.name)
    yield from zone(new.zone, prefix + "zone")


def provider(new: NewProvider) -> Iterator[FieldError]:
    """The problems of a provider."""
    yield from _text("name", new.name)
    if not new.kinds:
        yield FieldError("kinds", "is empty", "name at least one kind of work")
    for one in (*new.kinds, *new.skills):
        yield from _text("kinds and skills", one)
    yield from zone(new.zone, "zone")
    if new.capacity < 1:
        yield FieldError("capacity", "is less than 1", "the number of jobs at the same time")
    if new.email is None and new.webhook_url is None:
        yield FieldError("email", "is missing", "give it, or webhook_url: jobs are offered there")
    if new.email is not None:
        yield from email(new.email, "email")
    if new.webhook_url is not None and not _URL.fullmatch(new.webhook_url):
        yield FieldError("webhook_url", "is no address", "begin with https:// or http://")


def email(value: str, path: str = "email") -> Iterator[FieldError]:
    wrong = addresses.problem(value)
    if wrong:
        yield FieldError(path, wrong, addresses.MEND)


def name(value: str) -> Iterator[FieldError]:
    yield from _text("name", value)


def zone(value: str, path: str) -> Iterator[FieldError]:
    if value not in _zones():
        yield FieldError(path, "is no time zone", "an IANA name such as Europe/Berlin")


def _text(path: str, value: str, *, required: bool = True) -> Iterator[FieldError]:
    if required and not value.strip():
        yield FieldError(path, "is missing", "give it a value")
    elif len(value) > LONGEST_TEXT:
        yield FieldError(path, "is too long", f"{LONGEST_TEXT} characters at most")
    elif not formats.is_line(value):
        yield FieldError(path, "has characters that cannot be seen", "leave them out")


def _storable(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(
            isinstance(key, str) and _storable(key, depth) and _storable(one, depth - 1)
            for key, one in value.items()
        )
    if isinstance(value, list | tuple):
        return depth > 0 and all(_storable(one, depth - 1) for one in value)
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor NaN, which JSON does not have
    return value is None or isinstance(value, bool | int)
