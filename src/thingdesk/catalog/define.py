import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel

from thingdesk.catalog.model import Promise, Service, Stage

Outcome = TypeVar("Outcome")
_PARAMETERS = 2


class ServiceError(TypeError):
    """A service is written in a way that cannot be offered; the message says how to mend it."""


def service(
    name: str,
    *,
    title: str,
    promise: Promise,
    identity: str | tuple[str, ...] = (),
    kinds: str | tuple[str, ...] = (),
    effects: str | tuple[str, ...] = (),
    version: str = "1",
    instant: bool = False,
    safety: bool = False,
    relapse: timedelta = timedelta(days=30),
    responsible: str = "staff",
    stage: Stage = Stage.LIVE,
    machines_expect: str = "",
    owners_expect: str = "",
) -> Callable[[Callable[..., Awaitable[Outcome]]], Service]:
    """Make a service of `async def f(journey: Journey, fault: Input) -> Outcome`.

    Input and Outcome are pydantic models; their JSON Schemas are the service's. `identity` names
    the input fields that make the problem, `kinds` the kinds of machine that it is for, each in
    one word (none: all), `effects` all that the journey may do (`dispatch`, `book`, `reserve_part`,
    `command`); one alone needs no tuple. `instant`: no journey and no case, the function gets an
    Instant and finishes at intake. `safety`: what the organisation pays needs no mandate. `relapse`
    is how long after its end the same problem reopens its case. A changed function gets a new
    `version`; the old one stays registered until its last journey has ended. Raises ServiceError
    when it is no such function; the rest is checked when its pack is loaded (`thingdesk check`).
    """

    def make(function: Callable[..., Awaitable[Outcome]]) -> Service:
        given, returned = _types(name, function)
        return Service(
            name=name,
            version=version,
            title=title,
            function=function,
            input=given,
            outcome=returned,
            promise=promise,
            identity=_names(identity),
            kinds=frozenset(_names(kinds)),
            effects=frozenset(_names(effects)),
            instant=instant,
            safety=safety,
            relapse=relapse,
            responsible=responsible,
            stage=stage,
            machines_expect=machines_expect,
            owners_expect=owners_expect,
            description=inspect.getdoc(function) or "",
        )

    return make


def _names(given: str | tuple[str, ...]) -> tuple[str, ...]:
    # ("dispatch") without its comma is a text, and of its letters nothing could be made
    return (given,) if isinstance(given, str) else tuple(given)


def _types(
    name: str, function: Callable[..., Awaitable[Any]]
) -> tuple[type[BaseModel], type[BaseModel]]:
    if not inspect.iscoroutinefunction(function):
        raise ServiceError(f"service {name}: write `async def {function.__name__}(...)`")
    parameters = list(inspect.signature(function).parameters)
    hints = get_type_hints(function)
    if len(parameters) != _PARAMETERS:
        raise ServiceError(f"service {name}: it takes two parameters, the journey and its input")
    given, returned = hints.get(parameters[1]), hints.get("return")
    for what, kind, base in (("input", given, "Data"), ("outcome", returned, "Outcome")):
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            raise ServiceError(f"service {name}: annotate its {what} with a subclass of sdk.{base}")
    return given, returned  # type: ignore[return-value]
