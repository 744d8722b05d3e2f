"""What packs bring, once nothing is wrong with any of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from thingdesk.catalog import Service
from thingdesk.diagnosis import Rule
from thingdesk.loading.check_blocking import check_blocking
from thingdesk.loading.check_code import Read, check_code, check_effects, check_proof
from thingdesk.loading.check_fields import check_fields, check_input
from thingdesk.loading.check_made import check_made
from thingdesk.loading.check_outcome import check_end, check_outcome
from thingdesk.loading.check_rule import check_rule
from thingdesk.loading.check_service import check_service
from thingdesk.loading.find import NotFound, find
from thingdesk.loading.source import Sources
from thingdesk.packs import equipment, meter, person, vehicle

READY = {"equipment": equipment, "vehicle": vehicle, "meter": meter, "person": person}
_SEVERAL = 2
Thing = TypeVar("Thing", Service, Rule)


class PackError(ImportError):
    """Packs cannot be used; `problems` says why, and how to mend each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n  ".join(("These packs cannot be used:", *problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Brought:
    """What packs bring together. `hints`: what works, and may not be what its author meant."""

    services: tuple[Service, ...]
    rules: tuple[Rule, ...]
    hints: tuple[str, ...] = ()


def load(names: Iterable[str], ready: Iterable[str] = tuple(READY)) -> Brought:
    """What the modules of these names bring, and the `ready` packs. Raises PackError."""
    problems: list[str] = []
    packs = {READY[one].__name__: READY[one] for one in ready}
    for name in names:
        try:
            packs[name] = find(name)
        except NotFound as error:
            problems.append(f"{name}, {error}")
    services = [one for pack in packs.items() for one in _listed(*pack, Service, problems)]
    rules = [one for pack in packs.items() for one in _listed(*pack, Rule, problems)]
    problems += _twice(services)
    offered = {one.name: one for _, one in services}
    hints, sources = list[str](), Sources()
    for pack, service in services:
        undeclared, unused = check_effects(service, sources)
        where = f"{pack}, service {service.name}, "
        read_of_it = (*check_outcome(service, sources), *check_input(service, sources))
        wrong = (*check_service(service), *undeclared, *read_of_it)
        problems += [f"{where}{one}" for one in wrong]
        hints += [f"{where}{one}" for one in (*unused, *check_end(service, sources))]
    read: Read = set()
    for pack, module in packs.items():
        hints += _left_out(pack, module, [one for _, one in services])
        problems += [f"{pack}, {one}" for one in check_code(module, sources, read)]
        for check in (check_made, check_fields, check_blocking):
            problems += [f"{pack}, {one}" for one in check(module, sources)]
    for pack, rule in rules:
        where = f"{pack}, rule {rule.name}, "
        problems += [f"{where}{one}" for one in check_rule(rule, offered)]
        if mends := offered.get(rule.service):
            hints += [f"{where}{one}" for one in check_proof(mends, sources)]
    chosen = _chosen(rules, problems)
    if problems:
        raise PackError(problems)
    found = tuple(one for _, one in services)
    return Brought(found, tuple(chosen.values()), tuple(hints))


def _listed(
    name: str, pack: ModuleType, kind: type[Thing], problems: list[str]
) -> list[tuple[str, Thing]]:
    """The services or rules of a pack; a pack may have no rules."""
    plural, made = f"{kind.__name__.upper()}S", [one for one, _ in _made(pack, kind)]
    given = getattr(pack, plural, None if made or kind is Service else ())
    where = f"{name}, {plural}: "
    if given is None:
        none = "" if made else " and no function is one; decorate it with @service(…), and"
        end = "," if len(made) < _SEVERAL else ""
        names = ", ".join(made) or "service"
        problems.append(f"{where}is missing{none or ';'} write {plural} = ({names}{end})")
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


def _made(pack: ModuleType, kind: type[Thing]) -> Iterator[tuple[str, Thing]]:
    """The services or rules that a pack has a name for."""
    return ((name, one) for name, one in list(vars(pack).items()) if isinstance(one, kind))


def _left_out(name: str, pack: ModuleType, listed: Iterable[Service]) -> Iterator[str]:
    for made, one in _made(pack, Service):
        if one.function.__module__ == name and one not in listed:
            yield f"{name}, SERVICES: without {made}, {one.name} is not offered; add it"


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
