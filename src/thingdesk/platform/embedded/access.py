"""What one may do at the embedded broker. Its topics are those of whoever starts it."""

from collections.abc import Callable
from dataclasses import dataclass
from re import Pattern


@dataclass(frozen=True, slots=True)
class Rights:
    """The topics that one may publish to and subscribe to, without wildcards; no others."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever has this `name` and one of these client ids needs no token, and `hears` these topics
    for some seconds. No `name` of Access may be a guest's: so nobody's session is taken over.
    """

    name: str
    client_ids: Pattern[str]
    hears: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """The desk may use all topics below `root`. Who has one of `names`, which have no dots, slashes
    and wildcards, and proves it by a token, has the `rights` of that name.
    """

    root: str
    names: Pattern[str]
    rights: Callable[[str], Rights]
    guest: Guest
