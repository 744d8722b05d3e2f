"""The map as its authors write it: TOML, checked as a whole, all mistakes at once."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from thingdesk.channels.platforms import units
from thingdesk.channels.platforms.model import Map, Source, Taken, Topic, Wording
from thingdesk.channels.platforms.translate import PART, PARTS, needs
from thingdesk.parties import MACHINE_ID

_MOST_BYTES = 256 * 1024
_MOST_RULES = 500
_MOST_NAMED = 64
_LONGEST = 256
_DEEPEST = 8
_FIELDS = {"from", "topic", "when", "machine", "time", "values", "codes", "report", "input"}
_OF_A_VALUE = {"at", "is", "unit", "into"}


class MapError(Exception):
    """The map cannot be used; `problems` says all that is wrong, a line each."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def read_map(file: Path, services: Collection[str]) -> Map:
    """The map in this file, whose reports name only these services. Raises MapError."""
    try:
        text = file.read_bytes()[: _MOST_BYTES + 1]
        if len(text) > _MOST_BYTES:
            raise MapError([f"{file}: it has more than {_MOST_BYTES // 1024} KiB"])
        given = tomllib.loads(text.decode())
    except OSError as error:
        raise MapError([f"{file}: it cannot be read: {error.strerror}"]) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MapError([f"{file}: it is no TOML: {error}"]) from None
    reading = _Reading(frozenset(services))
    made = reading.map(given)
    if reading.problems:
        raise MapError([f"{file}: {one}" for one in reading.problems])
    return made


class _Reading:
    """Reads on after a mistake, and keeps what it was."""

    def __init__(self, services: frozenset[str]) -> None:
        self._services = services
        self._where = ""
        self.problems: list[str] = []

    def _wrong(self, words: str) -> None:
        self.problems.append(f"{self._where}{words}")

    def map(self, given: Mapping[str, Any]) -> Map:
        for name in sorted(set(given) - {"rules", "machines"}):
            self._wrong(f"{name} is nothing that a map has: it has [[rules]] and [machines]")
        rules = given.get("rules", [])
        if not isinstance(rules, list) or not 0 < len(rules) <= _MOST_RULES:
            self._wrong(f"it needs 1 to {_MOST_RULES} tables called [[rules]]")
            rules = []
        return Map(tuple(self._rules(rules)), self._machines(given.get("machines", {})))

    def _machines(self, given: Any) -> dict[str, str]:
        if not isinstance(given, dict):
            self._wrong('machines is no table: write [machines] and "name there" = "id here"')
            return {}
        for name, machine in given.items():
            if not isinstance(machine, str) or not MACHINE_ID.fullmatch(machine):
                self._wrong(f"machines: {name!r} is not given a machine's id, but {machine!r}")
        return given

    def _rules(self, given: list[Any]) -> Iterator[Wording]:
        for number, one in enumerate(given, 1):
            self._where = f"rule {number}: "
            if not isinstance(one, dict):
                self._wrong("is no table")
                continue
            for name in sorted(set(one) - _FIELDS):
                self._wrong(f"{name} is no field: a rule has {', '.join(sorted(_FIELDS))}")
            source = one.get("from")
            if source not in list(Source):
                self._wrong(f"from is not one of {', '.join(Source)}")
                continue
            yield self._rule(Source(source), one)
        self._where = ""

    def _rule(self, source: Source, given: dict[str, Any]) -> Wording:
        topic, parts = self._topic(source, given.get("topic"))
        rule = Wording(
            source,
            self._text("machine", given.get("machine", "{machine}"), parts),
            topic,
            self._when(given.get("when", {}), parts),
            self._path("time", given["time"]) if "time" in given else None,
            self._taken("values", given.get("values", {}), parts),
            self._codes(given["codes"], parts) if "codes" in given else None,
            self._service(given.get("report", "")),
            self._taken("input", given.get("input", {}), parts),
        )
        if not (rule.values or rule.report or rule.codes is not None):
            self._wrong("says nothing: give it values, codes or a report")
        if rule.input and not rule.report:
            self._wrong("has an input and no report")
        if source is Source.MQTT and rule.report and rule.by_arrival:
            self._wrong(
                "a report needs a time in the message, so that what comes twice counts once"
            )
        return rule

    def _topic(self, source: Source, given: Any) -> tuple[Topic | None, set[str]]:
        if source is not Source.MQTT:
            if given is not None:
                self._wrong(f"{source} has no topics")
            return None, PARTS[source]
        if not isinstance(given, str) or not 0 < len(given) <= _LONGEST:
            self._wrong('topic is missing: write such as "factory/{line}/{machine}/state"')
            return None, set()
        levels = [(level, PART.fullmatch(level)) for level in given.split("/")]
        names = [found[1] for _, found in levels if found]
        for level, found in levels:
            if not found and (set(level) & set("{}+#") or not level.isprintable()):
                self._wrong(f"topic: the level {level!r} is neither text nor one {{name}}")
        if len(names) != len(set(names)):
            self._wrong("topic: a name stands there twice")
            return None, set(names)
        pattern = "/".join(
            f"(?P<{found[1]}>[^/]+)" if found else re.escape(level) for level, found in levels
        )
        asked = "/".join("+" if found else level for level, found in levels)
        return Topic(asked, re.compile(pattern)), set(names)

    def _text(self, name: str, given: Any, parts: set[str]) -> str:
        if not isinstance(given, str) or not 0 < len(given) <= _LONGEST:
            self._wrong(f"{name} is no text of 1 to {_LONGEST} characters")
            return ""
        for part in sorted(needs(given) - parts):
            there = ", ".join(sorted(parts)) or "none"
            self._wrong(f"{name}: {{{part}}} is no part that is there; there are: {there}")
        return given

    def _when(self, given: Any, parts: set[str]) -> dict[str, str]:
        if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
            self._wrong('when is no table of texts, such as { status = "ACTIVE*" }')
            return {}
        for name in sorted(set(given) - parts):
            self._wrong(f"when: {name} is no part; there are: {', '.join(sorted(parts))}")
        return given

    def _path(self, name: str, given: Any) -> tuple[str, ...]:
        path = tuple(given.split(".")) if given else ()
        if not isinstance(given, str) or len(path) > _DEEPEST or len(given) > _LONGEST:
            self._wrong(f"{name} is no place in a message, such as data.temperature")
            return ()
        return path

    def _codes(self, given: Any, parts: set[str]) -> tuple[str, ...]:
        if not isinstance(given, list) or len(given) > _MOST_NAMED:
            self._wrong("codes is no list of trouble codes; [] says that none is set")
            return ()
        return tuple(self._text("codes", one, parts) for one in given)

    def _service(self, given: Any) -> str:
        if given and given not in self._services:
            offered = ", ".join(sorted(self._services))
            self._wrong(f"report: {given!r} is no service of this desk; it has: {offered}")
        return given if isinstance(given, str) else ""

    def _taken(self, field: str, given: Any, parts: set[str]) -> dict[str, Taken]:
        if not isinstance(given, dict) or len(given) > _MOST_NAMED:
            self._wrong(f"{field} is no table of at most {_MOST_NAMED}")
            return {}
        return {
            self._text(field, name, parts): self._one(f"{field}.{name}", field, one, parts)
            for name, one in given.items()
        }

    def _one(self, where: str, field: str, given: Any, parts: set[str]) -> Taken:
        if not isinstance(given, dict):  # short: a place for values, and what is meant for input
            given = {"at": given} if field == "values" else {"is": given}
        if set(given) - _OF_A_VALUE or ("at" in given) == ("is" in given):
            self._wrong(f"{where} needs at or is, and may have unit and into")
            return Taken()
        unit, into = given.get("unit", ""), given.get("into", "")
        if unit or into:
            self._units(where, unit, into, parts)
        if "at" in given:
            return Taken(at=self._path(f"{where}: at", given["at"]), unit=unit, into=into)
        return Taken(fixed=self._meant(where, given["is"], parts), unit=unit, into=into)

    def _meant(self, where: str, given: Any, parts: set[str]) -> Any:
        if isinstance(given, str):
            return self._text(where, given, parts)
        if not isinstance(given, bool | int | float):
            self._wrong(f"{where}: is has to be a text, a number, true or false")
        return given

    def _units(self, where: str, unit: Any, into: Any, parts: set[str]) -> None:
        if not units.known(str(into)):
            self._wrong(f"{where}: into is none of the units {' '.join(units.NAMES)}")
        elif needs(self._text(f"{where}: unit", unit, parts)):
            return  # said by each message
        elif not units.same_kind(unit, str(into)):
            self._wrong(f"{where}: there is no way from the unit {unit!r} to {into!r}")
