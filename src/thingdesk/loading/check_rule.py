"""What an author got wrong with a rule, and with the input that it makes of a finding."""

from collections.abc import Iterator, Mapping
from typing import cast

from thingdesk import diagnosis
from thingdesk.catalog import Service
from thingdesk.diagnosis import Rule
from thingdesk.loading.said import choose, said
from thingdesk.openings import asked


def check_rule(one: Rule, offered: Mapping[str, Service]) -> Iterator[str]:
    service, asks = offered.get(one.service), cast("object", one.asks)
    if service is None:
        yield f"service: {one.service!r} is not offered; {choose(one.service, sorted(offered))}"
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
        except Exception as error:  # noqa: BLE001 - whatever the author wrote there
            first = first or said(error)
        else:
            return None
    return first
