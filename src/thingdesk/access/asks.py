"""What a client asks to be allowed: `authorization_details` (RFC 9396)."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from thingdesk import mandates
from thingdesk.mandates import Terms
from thingdesk.platform import clock
from thingdesk.platform.errors import FieldError, Refused, refuse

# of a stranger, and kept until an hour after its end
_LONGEST = 8 * 1024


def asks_of(form: Mapping[str, str]) -> Terms | None:
    """The terms in a client's `authorization_details`. Raises Refused."""
    text = form.get("authorization_details")
    if text is None:
        return None
    if len(text.encode(errors="surrogatepass")) > _LONGEST:
        raise refuse("bad_mandate", f"authorization_details has {_LONGEST} bytes at most")
    try:
        details = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise refuse("bad_mandate", f"authorization_details is broken JSON: {error}") from None
    # whoever reads it elsewhere may take the other one
    if not _says_each_once(text):
        raise _wrong("", "authorization_details", "has a name twice", "send each name once")
    terms = mandates.read_details(details)
    if terms.ends is not None and terms.ends <= clock.now():
        raise _wrong("0.ends", "0.ends", "has passed", "send a time to come, or leave it out")
    return terms


def _says_each_once(text: str) -> bool:
    def once(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            raise ValueError

    try:
        json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return False
    return True


def _wrong(path: str, where: str, problem: str, mend: str) -> Refused:
    fields = (FieldError(path, problem, mend),)
    return refuse("bad_mandate", f"{where} {problem}", fields=fields)
