"""What somebody asks an owner to permit, as a form that can only make it less. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import Field

from thingdesk import mandates
from thingdesk.catalog import Catalog
from thingdesk.mandates import Mandate, Terms
from thingdesk.platform.errors import Refused
from thingdesk.platform.money import Money
from thingdesk.web.owner.mandate_form import Frame, MandateForm, form_of, make_frame, read
from thingdesk.web.owner.ownerships import Ownerships
from thingdesk.web.owner.plain import ALL

_FIELDS = {"approval_above": "above"}
_LESS = "This is more than it asks for. Write as much, or less."


class ConsentForm(MandateForm):
    """What comes from the form. `said` is the owner's word: `yes` to what they have read, which is
    all that is asked for, `sure` to the less that they chose and saw in words.
    """

    user_code: str = Field(default="", max_length=64)
    above: str = Field(default="", max_length=32)
    cases: str = Field(default="", max_length=7)
    passes: bool = False
    said: Literal["yes", "sure", "change", "no", ""] = ""


def is_unlimited(asked: Terms) -> bool:
    """Whether it asks for everything, for all machines and without an end, as who names nothing
    does: what its owner could leave out is shown at once.
    """
    return ALL in asked.services and asked.machines is None and asked.ends is None


def frame_of(
    owned: Ownerships, catalog: Catalog, asked: Mandate, kinds: frozenset[str], currency: str
) -> Frame:
    """What can be ticked: what is asked for, as far as it is there; `asked` is to the machine that
    asks, where it is one.
    """
    made = make_frame(owned, catalog, kinds, asked, currency)
    return replace(made, within=asked.terms, itself=asked.to)


def first_form(frame: Frame, now: datetime, user_code: str = "") -> ConsentForm:
    """All that is asked for."""
    asked = _asked(frame)
    return ConsentForm(
        **{
            **form_of(frame, now).model_dump(),
            "user_code": user_code,
            "above": asked.approval_above.written if asked.approval_above else "",
            "cases": "" if asked.cases is None else str(asked.cases),
            "passes": asked.depth > 0,
        }
    )


def permitted(
    given: ConsentForm, frame: Frame, now: datetime
) -> tuple[Terms | None, Mapping[str, str]]:
    """What the owner permits of what is asked for, or what is wrong, field by field."""
    asked = _asked(frame)
    terms, found = read(given, frame, now)
    wrong = dict(found)
    above = _above(given.above.strip(), frame.currency, wrong)
    cases = _cases(given.cases.strip(), wrong)
    if terms is None or wrong:
        return None, wrong
    less = replace(
        terms,
        approval_above=above,
        cases=cases,
        depth=asked.depth if given.passes else 0,
        # the form knows days, and what is asked for may end within one
        ends=min(filter(None, (terms.ends, asked.ends)), default=None),
    )
    try:
        return mandates.narrow(replace(asked, depth=asked.depth + 1), less), {}
    except Refused as refused:
        return None, {_FIELDS.get(one.path, one.path): _LESS for one in refused.refusal.fields}


def _asked(frame: Frame) -> Terms:
    if frame.within is None:
        raise ValueError("this frame is of no request")
    return frame.within


def _above(text: str, currency: str, wrong: dict[str, str]) -> Money | None:
    try:
        return Money.read(text, currency) if text else None
    except ValueError:
        wrong["above"] = f"Write an amount in {currency}, such as 150 or 150.00."
        return None


def _cases(text: str, wrong: dict[str, str]) -> int | None:
    if text and not (text.isascii() and text.isdigit()):
        wrong["cases"] = "Write a whole number, such as 10."
        return None
    return int(text) if text else None
