"""What is wrong, said in a line."""

import inspect
import re
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from thingdesk.catalog import ServiceError, service
from thingdesk.platform.errors import Refused

_UNEXPECTED = re.compile(r"\bservice\(\) got an unexpected keyword argument '(\w+)'")
_OURS = Path(__file__).parent.parent


def choose(wrong: str, known: Iterable[str]) -> str:
    """Which of the known ones may have been meant."""
    close = get_close_matches(wrong, list(known), n=1)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(known) or 'none'}"


def said(error: Exception) -> str:
    """What went wrong, in a line, and where in the author's code."""
    if isinstance(error, Refused):
        return error.refusal.reason
    if isinstance(error, SyntaxError):
        return f"{Path(error.filename or '').name}:{error.lineno}: {error.msg}"
    words = " ".join(str(error).split())
    if isinstance(error, ValidationError):
        first: Any = error.errors(include_url=False, include_input=False)[0]
        words = f"{error.title}, {'.'.join(map(str, first['loc']))}: {first['msg']}"
    if (found := _UNEXPECTED.search(words)) and isinstance(error, TypeError):
        words = f"{words}; {choose(found[1], inspect.signature(service).parameters)}"
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
