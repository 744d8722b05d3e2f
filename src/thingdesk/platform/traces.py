"""Spans: what took how long, for whoever follows one message or one case.

    with traces.span("intake", kind="reports") as span:
        ...
        span.tell(case=case_id)

What ends elsewhere than it began is begun by `begin`, and ended by its `end`. Without somebody who
watches (see `export`) a span is nothing at all.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol


class Span(Protocol):
    """Something that is under way."""

    def tell(self, **facts: object) -> None:
        """Note facts: ids, numbers, names; those that are None are left out."""


class Begun(Span, Protocol):
    """A span that no block ends. `place` is what another one is linked to it by."""

    place: Any

    def end(self) -> None:
        """It is over: to be called once."""


class Tracer(Protocol):
    """Who watches."""

    def begin(self, name: str, facts: dict[str, object]) -> Begun: ...

    def span(
        self, name: str, links: Sequence[Any], facts: dict[str, object]
    ) -> AbstractContextManager[Span]: ...

    def current(self) -> Any:
        """The span that this code runs in, to be linked to by another one."""


class _Nothing:
    place: Any = None

    def tell(self, **facts: object) -> None:
        pass

    def end(self) -> None:
        pass


_NOTHING = _Nothing()
_UNSEEN: AbstractContextManager[Span] = nullcontext(_NOTHING)
_tracers: list[Tracer] = []


def span(name: str, links: Sequence[Any] = (), /, **facts: object) -> AbstractContextManager[Span]:
    """A span for as long as the block lasts; `links` are spans that led to it."""
    if not _tracers:
        return _UNSEEN
    return _tracers[-1].span(name, [one for one in links if one is not None], facts)


def begin(name: str, /, **facts: object) -> Begun:
    """A span until its `end`; nothing runs in it."""
    return _tracers[-1].begin(name, facts) if _tracers else _NOTHING


def current() -> Any:
    """The span that this code runs in; None when nobody watches."""
    return _tracers[-1].current() if _tracers else None


@contextmanager
def watched_by(tracer: Tracer) -> Iterator[None]:
    """Hand all spans to `tracer` while the block runs."""
    _tracers.append(tracer)
    try:
        yield
    finally:
        _tracers.remove(tracer)
