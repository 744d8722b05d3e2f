"""Calls in the code of services that wait without `await`, and so hold up the whole desk."""

import ast
import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from thingdesk.catalog import Service
from thingdesk.journeys import Instant, Journey
from thingdesk.loading.source import Function, Scope, Source, Sources

_REQUESTS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_WAITING = {
    "time.sleep",
    "os.system",
    *(f"requests.{one}" for one in (*_REQUESTS, "Session", "session")),
    *(f"httpx.{one}" for one in (*_REQUESTS, "stream", "Client")),
    *(f"urllib.request.{one}" for one in ("urlopen", "urlretrieve")),
    *(f"http.client.{one}" for one in ("HTTPConnection", "HTTPSConnection")),
    *(f"smtplib.{one}" for one in ("SMTP", "SMTP_SSL")),
    *(
        f"subprocess.{one}"
        for one in ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
    ),
    *(
        f"socket.{one}"
        for one in ("socket", "create_connection", "getaddrinfo", "gethostbyname", "getfqdn")
    ),
}
_MENDS: dict[tuple[type, bool], str] = {
    (Journey, True): 'await journey.wait("pause", until=await journey.now() + minutes(…))',
    (Journey, False): "await journey.look(what, act), and in act await asyncio.to_thread(…)",
}
_AT_ONCE = "an instant service waits for nothing: make it one with a journey"
_OURS = "thingdesk"


def check_blocking(pack: ModuleType, sources: Sources) -> Iterator[str]:
    """The calls that are known to wait, in the functions of a pack that get a journey or an Instant
    and in those that they call; each once. What is only handed on, as to a thread, is let be.
    """
    found: dict[str, None] = {}
    read: set[Scope] = set()
    for thing in list(vars(pack).values()):
        one = thing.function if isinstance(thing, Service) else thing
        if not inspect.isfunction(one) or one.__module__ != pack.__name__:
            continue
        for kind in (Journey, Instant):
            place = 0 if isinstance(thing, Service) and thing.instant is (kind is Instant) else None
            function = sources.function(one, kind, place)
            if function is not None:
                found |= dict.fromkeys(_waiting(function, sources, read))
    yield from found


def _waiting(function: Function, sources: Sources, read: set[Scope]) -> Iterator[str]:
    if function.node in read:
        return
    read.add(function.node)
    known = _imported(function.source)
    for call in _calls(function.node):
        name = _full(call.func, known)
        if name in _WAITING:
            mend = _MENDS.get((function.kind, name == "time.sleep"), "")
            mend = f"write {mend}" if mend else _AT_ONCE
            place = function.source.place(call)
            yield f"{place}: {ast.unparse(call.func)}(…) holds up the whole desk; {mend}"
        elif (called := _called(function, call.func, sources)) is not None:
            yield from _waiting(called, sources, read)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """Those that run on the event loop: not what stands in functions that others may call."""
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.Call):
            yield one
            if isinstance(one.func, ast.Attribute) and one.func.attr == "look":
                for given in (*one.args, *(word.value for word in one.keywords)):
                    if isinstance(given, ast.Lambda):
                        yield from _calls(given)
        if not isinstance(one, (ast.FunctionDef, ast.Lambda)):
            yield from _calls(one)


def _called(function: Function, called: ast.expr, sources: Sources) -> Function | None:
    """The author's function that is called here."""
    nested = function.nested(called.id) if isinstance(called, ast.Name) else None
    if nested is not None:
        return Function(function.source, nested, function.outside, frozenset(), function.kind)
    thing: Any = function.meant(called)
    top = (getattr(thing, "__module__", None) or "").partition(".")[0]
    if not inspect.isfunction(thing) or top in {_OURS, *sys.stdlib_module_names}:
        return None
    if "site-packages" in thing.__code__.co_filename:
        return None
    return sources.called(thing, function.kind)


def _imported(source: Source) -> dict[str, str]:
    """What each name stands for that is imported anywhere in a file."""
    known: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                first = one.name.partition(".")[0]
                known |= {one.asname: one.name} if one.asname else {first: first}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return known


def _full(node: ast.expr, known: dict[str, str]) -> str:
    match node:
        case ast.Name(name):
            return known.get(name, "")
        case ast.Attribute(value, name):
            first = _full(value, known)
            return f"{first}.{name}" if first else ""
    return ""
