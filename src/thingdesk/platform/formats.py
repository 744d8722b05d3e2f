"""How times, values and other people's words are shown to people. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from thingdesk.platform import clock

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MANY, _UNREAD = 1e3, 1e15
_LINE_END = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
# Cc: controls; Cf: what changes the direction of text, or cannot be seen; Cs: half characters
_UNSEEN = {"Cc", "Cf", "Cs"}
# one joiner forms what stands beside it (RFC 5892, A.1 and A.2): beside a virama, as in Hindi; the
# one that parts, between letters such as the Persian ones; the other one, pictures. Elsewhere, as
# between Chinese or Hebrew letters, it could only hide
_JOINERS = _PARTS, _JOINS = "\u200c", "\u200d"
_VIRAMA, _ARABIC, _MARK = 9, "AL", "NSM"
_BEFORE_PICTURE = {"So", "Sk"}
_AS_PICTURE = "\ufe0f"
_CODE = re.compile(r"[A-Za-z0-9_-]+")
_FIELD = re.compile(r"[@$A-Za-z0-9_:/.-]+")
_LONGEST_FIELD = 64


def seen(text: str) -> str:
    """What of `text` can be seen, with plain line ends and tabs: nothing that turns the direction
    of other words, or hides between them. A joiner stays where it forms what stands beside it.
    """
    if text.isprintable():
        return text
    lines = _LINE_END.sub("\n", text)
    if lines.replace("\n", "").replace("\t", "").isprintable():
        return lines
    return "".join(
        c
        for before, c, after in zip(f"\0{lines[:-1]}", lines, f"{lines[1:]}\0", strict=True)
        if c in "\n\t"
        or unicodedata.category(c) not in _UNSEEN
        or (c in _JOINERS and _forms(before, c, after))
    )


def _forms(before: str, joiner: str, after: str) -> bool:
    if _VIRAMA in (unicodedata.combining(before), unicodedata.combining(after)):
        return True
    if joiner == _PARTS:
        beside = unicodedata.bidirectional(before), unicodedata.bidirectional(after)
        return beside in ((_ARABIC, _ARABIC), (_MARK, _ARABIC))
    is_picture = before == _AS_PICTURE or unicodedata.category(before) in _BEFORE_PICTURE
    return is_picture and unicodedata.category(after) == "So"


def is_line(text: str) -> bool:
    """Whether all of `text` can be seen, in one line with plain blanks; a joiner counts as seen
    where it forms what stands beside it.
    """
    return text.isprintable() or (text == seen(text) and _in_line(text))


def line(text: str) -> str:
    """What of `text` can be seen, in one line; a plain blank is where there was any."""
    return " ".join("".join(c if _in_line(c) else " " for c in seen(text)).split())


def quoted(text: str) -> str:
    """What somebody else wrote, in words of the desk: one line in quotation marks, which it cannot
    end.
    """
    return '"{}"'.format(line(text).replace('"', "'"))


def named(text: str) -> str:
    """The same; a plain code, with which nothing can be said, stands as it is."""
    return text if _CODE.fullmatch(text) else quoted(text)


def measured(metric: str) -> str:
    """A metric as a title: `Coolant temperature`. A machine may have named it."""
    return sentence(metric) if _CODE.fullmatch(metric) else quoted(metric)


def field(name: object) -> str:
    """A field's name in the path to it, which may be whatever somebody wrote."""
    said = str(name)[:_LONGEST_FIELD]
    return said if _FIELD.fullmatch(said) else quoted(said)


def _in_line(text: str) -> bool:
    return all(c.isprintable() or c in _JOINERS for c in text)


def day(at: datetime, zone: str = "UTC") -> str:
    """`Monday 24 November`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B}"


def date(at: datetime) -> str:
    """`24 Nov 2026`, in UTC."""
    local = at.astimezone(ZoneInfo("UTC"))
    return f"{local.day} {local:%b} {local.year}"


def time(at: datetime, zone: str = "UTC") -> str:
    """`14:05`."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def moment(at: datetime, zone: str = "UTC") -> str:
    """`Mon 24 Nov, 14:05`, with the year where it is another one."""
    local = at.astimezone(ZoneInfo(zone))
    year = "" if local.year == clock.now().year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}"


def local(at: datetime, zone: str) -> str:
    """`Tuesday, 24 November 2026, 14:05 (Europe/Berlin)`: for a letter, which is read later."""
    return f"{at.astimezone(ZoneInfo(zone)):%A, %d %B %Y, %H:%M} ({zone})"


def seconds(at: datetime) -> str:
    """`14:05:09`, in UTC."""
    return f"{at.astimezone(ZoneInfo('UTC')):%H:%M:%S}"


def soon(at: datetime) -> str:
    """`14:05` today, else the moment; in UTC."""
    today = clock.now().astimezone(ZoneInfo("UTC")).date()
    return time(at) if at.astimezone(ZoneInfo("UTC")).date() == today else moment(at)


def exact(at: datetime) -> str:
    """`2026-11-24 14:05:09 UTC`."""
    return f"{at.astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M:%S} UTC"


def span(length: timedelta) -> str:
    """`2 d 3 h`, `1 h 5 min`, `40 s`: the two largest units that say something."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    large, small = (_DAY, _HOUR) if seconds >= _DAY else (_HOUR, _MINUTE)
    names = ("d", "h") if large == _DAY else ("h", "min")
    rest = seconds % large // small
    return f"{seconds // large} {names[0]}" + (f" {rest} {names[1]}" if rest else "")


def ago(at: datetime) -> str:
    """`5 min ago`, or `in 5 min`."""
    passed = clock.now() - at
    if abs(passed) < timedelta(seconds=1):
        return "now"
    return f"{span(passed)} ago" if passed > timedelta(0) else f"in {span(-passed)}"


def number(value: float) -> str:
    """At most four digits that matter, without an exponent where that can be read."""
    if abs(value) >= _UNREAD or (abs(value) < _MANY and value != int(value)):
        return f"{value:.4g}"
    return f"{value:,.0f}".replace(",", "\u2009")


def share(value: float | None) -> str:
    """`94 %`; a dash for nothing."""
    return "\u2013" if value is None else f"{value * 100:.0f}\u2009%"


def plain(name: object) -> str:
    """A name as it is spoken: `reserve_part` is `reserve part`. What has blanks stays."""
    text = str(name)
    return text if " " in text else text.replace("_", " ").replace(".", " ")


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`: one line, whatever they are."""
    *first, last = [line(one) for one in words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def sentence(name: object) -> str:
    """`Reserve part`; `This code is no good.`"""
    text = plain(name)
    return text[:1].upper() + text[1:]
