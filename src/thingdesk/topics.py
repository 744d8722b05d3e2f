"""The desk's topics, and who may use which: what machines send, what they hear, and the time."""

import re
from enum import StrEnum

from thingdesk.intake import Kind
from thingdesk.parties import MACHINE_ID
from thingdesk.platform.embedded import Access, Guest, Rights

ROOT = "td"
TIME = f"{ROOT}/time"
CLOCK = f"{ROOT}:clock"
"""Who connects by this name hears TIME, and needs no token: a machine that does not know the time
cannot sign one yet."""


class Down(StrEnum):
    """What comes down to a machine; the last part of its topic."""

    RECEIPTS = "receipts"
    NOTICES = "notices"
    COMMANDS = "commands"


def topic(machine: str, kind: Kind | Down) -> str:
    return f"{ROOT}/{machine}/{kind}"


_SENT = {kind.value: kind for kind in Kind}
UPWARD = tuple(topic("+", kind) for kind in Kind)
"""Of all machines what they send."""


def _rights(machine: str) -> Rights:
    return Rights(
        publish=tuple(topic(machine, kind) for kind in Kind),
        subscribe=tuple(topic(machine, kind) for kind in Down),
    )


ACCESS = Access(
    root=ROOT,
    names=MACHINE_ID,
    rights=_rights,
    guest=Guest(CLOCK, re.compile(r"clock:[0-9]{2}"), (TIME,)),
)
"""Whom the desk's own broker lets in, and what they may do there."""


class Does(StrEnum):
    """What somebody wants to do on a topic."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"


def may(name: str, does: Does, given: str) -> bool | None:
    """Whether the machine of this name, or a guest, may do this on a topic or with a filter of
    topics; None where it reaches none of the desk's, so that others say it.
    """
    if not _reaches_ours(given):
        return None
    if name == CLOCK:
        return does is Does.SUBSCRIBE and given == TIME
    if not MACHINE_ID.fullmatch(name):
        return False
    rights = _rights(name)
    return given in (rights.publish if does is Does.PUBLISH else rights.subscribe)


def _reaches_ours(given: str) -> bool:
    """Also by a wildcard, and by what brokers put before a topic: $share/group/, $delayed/9/."""
    first, *rest = given.split("/")
    return not _OURS.isdisjoint(rest if first.startswith("$") else (first,))


_OURS = {ROOT, "+", "#"}


def read(text: str) -> tuple[str, Kind] | None:
    """The machine whose topic this is, and what it sends there."""
    root, _, rest = text.partition("/")
    machine, _, kind = rest.partition("/")
    sent = _SENT.get(kind)
    return (machine, sent) if root == ROOT and sent and MACHINE_ID.fullmatch(machine) else None
