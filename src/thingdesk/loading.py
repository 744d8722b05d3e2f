"""Packs are imported and checked as a whole, before anything is started.

All that their authors got wrong is said at once, a line each: where (pack, service or rule, field),
what is wrong, and how to mend it.
"""

import ast
import inspect
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import ValidationError

from thingdesk import diagnosis, journeys
from thingdesk.catalog import NAME, Promise, Service, ServiceError, span
from thingdesk.diagnosis import Rule
from thingdesk.journeys import Instant, Journey
from thingdesk.openings import asked
from thingdesk.packs import equipment, meter, vehicle
from thingdesk.platform.errors import Refused
from thingdesk.sdk import Outcome

READY = (equipment, vehicle, meter)
_OURS = Path(__file__).parent
Thing = TypeVar("Thing", Service, Rule)


class PackError(ImportError):
    """Packs cannot be used; `problems` says why, and how to mend each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n  ".join(("These packs cannot be used:", *problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Brought:
    """What packs bring together."""

    services: tuple[Service, ...]
    rules: tuple[Rule, ...]


def load(names: Iterable[str]) -> Brought:
    """What the ready packs and the modules of these names bring. Raises PackError."""
    problems: list[str] = []
    packs = {one.__name__: one for one in READY}
    for name in names:
        try:
            packs[name] = _import(name)
        # whatever the author wrote there
        except Exception as error:  # noqa: BLE001
            problems.append(f"{name}, it cannot be imported: {_said(error)}")
    services = [one for pack in packs.items() for one in _listed(*pack, Service, problems)]
    rules = [one for pack in packs.items() for one in _listed(*pack, Rule, problems)]
    problems += _twice(services)
    offered = {one.name: one for _, one in services}
    for pack, service in services:
        problems += [f"{pack}, service {service.name}, {one}" for one in _service(service)]
    for pack, module in packs.items():
        problems += [f"{pack}, {one}" for one in _limitless(module)]
    for pack, rule in rules:
        problems += [f"{pack}, rule {rule.name}, {one}" for one in _rule(rule, offered)]
    chosen = _chosen(rules, problems)
    if problems:
        raise PackError(problems)
    return Brought(tuple(one for _, one in services), tuple(chosen.values()))


def _import(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # where an author tries things, as with `python -m`
    return import_module(name)


def _listed(
    name: str, pack: ModuleType, kind: type[Thing], problems: list[str]
) -> list[tuple[str, Thing]]:
    """The services or rules of a pack; a pack may have no rules."""
    plural = f"{kind.__name__.upper()}S"
    given = getattr(pack, plural, () if kind is Rule else None)
    where = f"{name}, {plural}: "
    if given is None:
        problems.append(f"{where}is missing; write {plural} = (service,)")
    elif not isinstance(given, tuple | list):
        problems.append(f"{where}is no tuple; write {plural} = ({kind.__name__.lower()},)")
    else:
        example = "decorate it with @service(…)" if kind is Service else "make it with Threshold(…)"
        problems += [
            f"{where}{_name(one)} is no {kind.__name__.lower()}; {example}"
            for one in given
            if not isinstance(one, kind)
        ]
        return [(name, one) for one in given if isinstance(one, kind)]
    return []


def _name(thing: object) -> str:
    return str(getattr(thing, "__name__", type(thing).__name__))


def _twice(services: Iterable[tuple[str, Service]]) -> Iterator[str]:
    known: dict[str, str] = {}
    for pack, one in services:
        if one.code in known:
            other = _place(known[one.code], pack)
            yield (
                f"{pack}, service {one.name}, name: {other} has a service of this name and version"
                f" {one.version!r}; rename one, or give what changed a new version"
            )
        known[one.code] = pack


def _chosen(rules: Iterable[tuple[str, Rule]], problems: list[str]) -> dict[str, Rule]:
    """Rules by name: one of another pack gives way only where it is said."""
    chosen: dict[str, tuple[str, Rule]] = {}
    for pack, one in rules:
        where = f"{pack}, rule {one.name}, "
        if one.name in chosen and not one.replaces:
            problems.append(
                f"{where}name: {_place(chosen[one.name][0], pack)} has a rule of this name;"
                " rename one, or say replaces=True where it takes the other's place"
            )
        if one.replaces and one.name not in chosen:
            problems.append(f"{where}replaces: no pack before this one has a rule of this name")
        chosen[one.name] = (pack, one)
    return {name: one for name, (_, one) in chosen.items()}


def _place(other: str, pack: str) -> str:
    return "the same pack" if other == pack else other


def _service(one: Service) -> Iterator[str]:
    if not NAME.fullmatch(one.name):
        yield "name: write it like vehicle.repair, in small letters and with a dot"
    if not isinstance(one.version, str) or not one.version:
        yield f'version: {one.version!r} is no text; write version="2"'
    yield from _promise(one.promise)
    fields = list(one.input.model_fields)
    yield from _names("identity", one.identity, fields, f"no field of {one.input.__name__}")
    if one.instant and one.effects:
        yield "effects: an instant service has none; leave them out"
    else:
        yield from _names("effects", one.effects, sorted(journeys.EFFECTS), "no effect")
    if not issubclass(one.outcome, Outcome):
        yield f"outcome: {one.outcome.__name__} has no words for the owner; derive it from Outcome"
    yield from _first_parameter(one)


def _promise(given: object) -> Iterator[str]:
    if not isinstance(given, Promise):
        yield f'promise: {given!r} is no promise; write Promise(resolution="5d")'
        return
    for name in ("receipt", "decision", "resolution"):
        try:
            span(getattr(given, name))
        except ValueError as error:
            yield f"promise.{name}: {error}"


def _names(field: str, given: Iterable[str], known: Sequence[str], what: str) -> Iterator[str]:
    given = sorted(given)
    unknown = [one for one in given if one not in known]
    if len(given) > 1 and all(len(one) == 1 for one in given) and unknown:
        yield f'{field}: is one text, and no tuple; write {field}=("…",), with a comma'
        return
    for one in unknown:
        yield f"{field}: {one!r} is {what}; {_choose(one, known)}"


def _choose(wrong: str, known: Iterable[str]) -> str:
    close = get_close_matches(wrong, list(known), n=1)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(known) or 'none'}"


def _first_parameter(one: Service) -> Iterator[str]:
    first = next(iter(inspect.signature(one.function).parameters))
    given = get_type_hints(one.function).get(first)
    if one.instant and given is Journey:
        yield f"{first}: an instant service gets an Instant, and no Journey; leave out instant=True"
    if not one.instant and given is Instant:
        yield f"{first}: only an instant service gets an Instant; say instant=True"


def _limitless(pack: ModuleType) -> Iterator[str]:
    """Calls of in_range without a limit: they fail only once the work is done."""
    try:
        tree = ast.parse(inspect.getsource(pack))
    except (OSError, TypeError, SyntaxError):
        return
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    for call in calls:
        limits = {one.arg for one in call.keywords} & {"low", "high", None}
        if getattr(call.func, "id", "") == "in_range" and not limits:
            yield f"line {call.lineno}, in_range: any value would do; give low, high or both"


def _rule(one: Rule, offered: Mapping[str, Service]) -> Iterator[str]:
    service, asks = offered.get(one.service), cast("object", one.asks)
    if service is None:
        yield f"service: {one.service!r} is not offered; {_choose(one.service, sorted(offered))}"
    elif service.instant:
        yield f"service: {one.service} is instant, and a finding needs a case; name another"
    elif not callable(asks):
        name = service.input.__name__
        yield f"asks: it is no function; write asks=lambda finding: {name}(…)"
    elif wrong := _asks(one, service):
        yield f"asks: {wrong}"


def _asks(rule: Rule, service: Service) -> str | None:
    """What is wrong with the input that the rule builds; None when any sample finding is good."""
    first = None
    for finding in diagnosis.samples(rule):
        try:
            asked(rule, service, finding)
        # whatever the author wrote there
        except Exception as error:  # noqa: BLE001
            first = first or _said(error)
        else:
            return None
    return first


def _said(error: Exception) -> str:
    """What went wrong, in a line, and where in the author's code."""
    if isinstance(error, Refused):
        return error.refusal.reason
    if isinstance(error, SyntaxError):
        return f"{Path(error.filename or '').name}:{error.lineno}: {error.msg}"
    words = " ".join(str(error).split())
    if isinstance(error, ValidationError):
        first: Any = error.errors(include_url=False, include_input=False)[0]
        words = f"{error.title}, {'.'.join(map(str, first['loc']))}: {first['msg']}"
    kind = "" if isinstance(error, ServiceError | ValidationError) else f"{type(error).__name__}: "
    return f"{_where(error)}{kind}{words}"


def _where(error: Exception) -> str:
    theirs = [
        one
        for one in traceback.extract_tb(error.__traceback__)
        if not one.filename.startswith("<") and not Path(one.filename).is_relative_to(_OURS)
    ]
    own = [one for one in theirs if "site-packages" not in one.filename]
    found = (own or theirs)[-1:]
    return "".join(f"{Path(one.filename).name}:{one.lineno}: " for one in found)
