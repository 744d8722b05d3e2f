"""What an author got wrong with a service."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import get_type_hints

from thingdesk import journeys
from thingdesk.catalog import NAME, Promise, Service, span
from thingdesk.journeys import Instant, Journey
from thingdesk.loading.said import choose
from thingdesk.platform import durations, one_word
from thingdesk.sdk import Outcome


def check_service(one: Service) -> Iterator[str]:
    if not NAME.fullmatch(one.name):
        yield "name: write it like vehicle.repair, in small letters and with a dot"
    if not isinstance(one.version, str) or not one.version:
        yield f'version: {one.version!r} is no text; write version="2"'
    yield from _promise(one.promise)
    if wrong := durations.problem(relapse=one.relapse):
        yield wrong
    yield from _kinds(one.kinds)
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


def _kinds(given: Iterable[str]) -> Iterator[str]:
    for one in sorted(given, key=str):
        if wrong := one_word.problem(one):
            yield f'kinds: {one!r} {wrong}; write "{one_word.like(one)}"'


def _names(field: str, given: Iterable[str], known: Sequence[str], what: str) -> Iterator[str]:
    for one in sorted(set(given) - set(known)):
        yield f"{field}: {one!r} is {what}; {choose(one, known)}"


def _first_parameter(one: Service) -> Iterator[str]:
    first = next(iter(inspect.signature(one.function).parameters))
    given = get_type_hints(one.function).get(first)
    if one.instant and given is Journey:
        yield f"{first}: an instant service gets an Instant, and no Journey; leave out instant=True"
    if not one.instant and given is Instant:
        yield f"{first}: only an instant service gets an Instant; say instant=True"
