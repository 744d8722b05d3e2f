"""What the code of services says to their journeys, read and not run."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from thingdesk import journeys
from thingdesk.catalog import Service
from thingdesk.journeys import Instant, Journey
from thingdesk.loading import verbs
from thingdesk.loading.awaiting import is_forgotten
from thingdesk.loading.source import Function, Scope, Sources, named_parameter
from thingdesk.loading.values import unfit

_OURS = "thingdesk"
_PLAIN = {"str", "int", "float", "bool", "len", "print", "repr"}
_NO_CALL = (ast.Await, ast.BinOp, ast.Compare, ast.FormattedValue, ast.Attribute, ast.Expr)


Read = set[tuple[Scope, frozenset[str], type]]
"""Of each function that was read: which of its parameters get the journey or Instant, and which."""


class Code:
    """The code of one service: its function, and those that its journey is given to; without what
    was `read` before.
    """

    def __init__(self, sources: Sources, read: Read | None = None) -> None:
        self._sources = sources
        self._read = set() if read is None else read
        self.wrong: dict[str, None] = {}
        """What cannot work, with its place; each once, in order."""
        self.used: dict[str, str] = {}
        """The effects, and where each is used first."""
        self.verifies = False
        self.is_all = True
        """Whether all was read that the journey is given to."""

    def read(self, function: Function | None) -> None:
        if function is None:
            self.is_all = False
        elif (key := _key(function)) not in self._read:
            self._read.add(key)
            for name in function.loads:
                self._take(function, name)
            named = {one.attr for one in ast.walk(function.node) if isinstance(one, ast.Attribute)}
            self.verifies |= "verify" in named
            for one in sorted(named & journeys.EFFECTS):
                self.used.setdefault(one, "")

    def _take(self, function: Function, name: ast.Name) -> None:
        parents = function.source.parents
        match parents[name]:
            case ast.Attribute() as said:
                self._said(function, said)
            case ast.Call() as call:
                self._given(function, call, call.args.index(name))
            case ast.keyword(str() as parameter) as given:
                if isinstance(outer := parents[given], ast.Call):
                    self._given(function, outer, parameter)
            case ast.Assign([ast.Name()]) | ast.AnnAssign(ast.Name()):
                pass  # another name of it, which is looked for, too
            case _:
                self.is_all = False

    def _said(self, function: Function, said: ast.Attribute) -> None:
        """`journey.…`, called or not."""
        place, parent = function.source.place(said), function.source.parents[said]
        if wrong := verbs.unknown(function.kind, said.attr):
            self._note(f"{place}: {_words(said)}: {wrong}")
            return
        if said.attr in journeys.EFFECTS and not self.used.get(said.attr):
            self.used[said.attr] = place
        verb = verbs.attributes(function.kind)[said.attr]
        called = isinstance(parent, ast.Call) and parent.func is said
        if isinstance(parent, ast.Call) and called:
            self._called(function, said, parent, verb)
        elif isinstance(verb, property) and isinstance(parent, ast.Await):
            self._note(f"{place}: {_words(said)} is a value; write it without await")
        elif verbs.is_awaited(verb) and isinstance(parent, _NO_CALL):
            self._note(f"{place}: {_words(said)} is not called; write await {_words(said)}(…)")

    def _called(self, function: Function, said: ast.Attribute, call: ast.Call, verb: Any) -> None:
        where = f"{function.source.place(said)}: {_words(said)}"
        if isinstance(verb, property):
            self._note(f"{where} is a value; write it without ()")
        elif inspect.isfunction(verb):
            if wrong := verbs.misfit(call, verb) or unfit(call, verb, function):
                self._note(f"{where}: {wrong}")
            if verbs.is_awaited(verb):
                self._check_awaited(function, call, f"{_words(said)}(…)")

    def _check_awaited(self, function: Function, call: ast.Call, words: str) -> None:
        if is_forgotten(function, call, lambda one: _keeps(function, one)):
            place = function.source.place(call)
            self._note(f"{place}: {words} is not awaited, and does nothing; write await {words}")

    def _given(self, function: Function, call: ast.Call, place: int | str) -> None:
        """The journey is given to a function: one that is written in this one, or elsewhere."""
        called = call.func
        nested = function.nested(called.id) if isinstance(called, ast.Name) else None
        if nested is not None:
            name = named_parameter(nested, place)
            taken = frozenset({name} if name else ())
            outside, kind = function.outside, function.kind
            self.read(Function(function.source, nested, outside, taken, kind) if taken else None)
            awaited = isinstance(nested, ast.AsyncFunctionDef)
        else:
            thing = function.meant(called)
            awaited = inspect.iscoroutinefunction(thing)
            if not _is_ours(thing, function):
                self.read(self._sources.function(thing, function.kind, place))
        if awaited:
            self._check_awaited(function, call, f"{ast.unparse(called)}(…)")

    def _note(self, words: str) -> None:
        self.wrong[words] = None


def check_code(pack: ModuleType, sources: Sources, read: Read) -> Iterator[str]:
    """What cannot work in any function of a pack that gets a journey or an Instant; each mistake
    once, though several packs use the same function.
    """
    code = Code(sources, read)
    for one in list(vars(pack).values()):
        if isinstance(one, Service) and one.function.__module__ == pack.__name__:
            code.read(sources.function(one.function, _kind(one), 0))
        elif inspect.isfunction(one) and one.__module__ == pack.__name__:
            for kind in (Journey, Instant):
                code.read(sources.function(one, kind))
    yield from code.wrong


def check_effects(one: Service, sources: Sources) -> tuple[list[str], list[str]]:
    """The effects of a service that are used and not declared; and hints, those that are declared
    and not used, where all of its code could be read.
    """
    code = Code(sources)
    code.read(sources.function(one.function, _kind(one), 0))
    used = {name: place for name, place in code.used.items() if place}
    all_of_them = _tuple(used.keys() | (one.effects & journeys.EFFECTS))
    wrong = [
        f"{place}: {name} is an effect that is not declared; write effects={all_of_them}"
        for name, place in used.items()
        if name not in one.effects
    ]
    if wrong or not code.is_all:
        return wrong, []
    idle = sorted((one.effects & journeys.EFFECTS) - code.used.keys())
    rest = _tuple(one.effects - set(idle))
    return [], [f"effects: {name} is declared and not used; write effects={rest}" for name in idle]


def check_proof(one: Service, sources: Sources) -> Iterator[str]:
    """A hint, where a service mends what a rule finds and all of its code asks for no proof."""
    code = Code(sources)
    code.read(sources.function(one.function, _kind(one), 0))
    if code.is_all and not code.verifies and not one.instant:
        yield (
            f"service: {one.name} asks for no proof, so what the rule has found ends unverified;"
            " await journey.verify(…)"
        )


def _key(function: Function) -> tuple[Scope, frozenset[str], type]:
    return function.node, function.parameters, function.kind


def _kind(one: Service) -> type:
    return Instant if one.instant else Journey


def _tuple(names: Iterable[str]) -> str:
    found = [f'"{one}"' for one in sorted(names)]
    return f"({', '.join(found)}{',' if len(found) == 1 else ''})"


def _words(said: ast.Attribute) -> str:
    return ast.unparse(said)


def _keeps(function: Function, call: ast.Call) -> bool:
    """Whether a call awaits nothing of what it is given: a verb, an outcome, `str`."""
    called = call.func
    if isinstance(called, ast.Attribute) and called.value in set(function.loads):
        return True
    thing = function.meant(called)
    if isinstance(called, ast.Name) and called.id in _PLAIN:
        return thing is None
    return isinstance(thing, type) and issubclass(thing, BaseModel)


def _is_ours(thing: Any, function: Function) -> bool:
    """Whether it is a function of the sdk: these have no effects."""
    module = getattr(thing, "__module__", None) or ""
    return module.partition(".")[0] == _OURS and module != function.outside.get("__name__")
