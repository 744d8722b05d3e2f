"""How templates show values."""

from collections.abc import Callable
from typing import Any

from thingdesk.platform.formats import (
    ago,
    date,
    day,
    exact,
    listed,
    moment,
    named,
    number,
    plain,
    quoted,
    seconds,
    sentence,
    share,
    soon,
    span,
    time,
)

FILTERS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        day,
        date,
        time,
        moment,
        named,
        seconds,
        soon,
        exact,
        span,
        ago,
        number,
        share,
        plain,
        quoted,
        sentence,
        listed,
    )
}
