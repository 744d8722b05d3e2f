"""What the organisation allows: in words, to be changed, and who changed it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import decisions, mandates, timeline
from thingdesk.mandates import Policy
from thingdesk.parties import Right, Staff
from thingdesk.platform.errors import Refused
from thingdesk.web.owner.questions import MOST_QUESTIONS
from thingdesk.web.pages import Open, Pages
from thingdesk.web.staff.entitlements import check_names
from thingdesk.web.staff.form import Given, Reader, Sent, Tried
from thingdesk.web.staff.people import history, staff_names
from thingdesk.web.staff.session import Allowed, Person
from thingdesk.web.staff.show import show
from thingdesk.web.words import policy_words

router = APIRouter(prefix="/policy")
_FORM, _ATTENTION = "policy", "attention"
_MOST_SET = 5
Setter = Annotated[Staff, Depends(Allowed(Right.POLICY))]
_NAMED = ("denied", "entitled_only", "pays")


@router.get("")
async def get_policy(pages: Open, person: Person, said: str = "") -> HTMLResponse:
    return await _page(pages, person, said=said)


@router.post("")
async def post_policy(pages: Open, person: Setter, given: Sent) -> Response:
    """Allow something else from now on."""
    try:
        new, seen = _read(pages, given)
        async with pages.database.transaction() as tx:
            changed = new != await mandates.policy(tx)
            if changed:
                await mandates.set_policy(tx, new, person.id, seen=seen)
    except Refused as refused:
        return await _page(pages, person, tried=Tried(_FORM, given, refused.refusal))
    return RedirectResponse(f"/policy?said={'changed' if changed else 'same'}", 303)


@router.post("/attention")
async def post_attention(pages: Open, person: Setter, given: Sent) -> Response:
    """Ask owners who have not chosen their own number more or less often from now on."""
    try:
        reader = Reader(given)
        questions = reader.number("questions", MOST_QUESTIONS)
        reader.check()
    except Refused as refused:
        return await _page(pages, person, tried=Tried(_ATTENTION, given, refused.refusal))
    async with pages.database.transaction() as tx:
        changed = questions != await decisions.attention(tx)
        if changed:
            await decisions.set_attention(tx, questions, person.id)
    return RedirectResponse(f"/policy?said={'attention' if changed else 'same'}", 303)


def _read(pages: Pages, given: Given) -> tuple[Policy, int]:
    reader = Reader(given)
    named = {name: reader.names(name) for name in _NAMED}
    known = {one.name for one in pages.flow.catalog}
    known |= {effect for one in pages.flow.catalog for effect in one.effects}
    for name, patterns in named.items():
        check_names(reader, name, patterns, known)
    new = Policy(
        named["denied"],
        reader.money("per_effect"),
        named["entitled_only"],
        named["pays"],
        bool(given.one("pays_safety")),
        reader.money("pays_per_case"),
        bool(given.one("acts_for_unowned")),
    )
    seen = given.one("seen")
    if not (seen.isascii() and seen.isdigit()) or len(seen) > len("2147483647"):
        reader.wrong("seen", "is no version", "load the page again")
    reader.check()
    return new, int(seen)


async def _page(
    pages: Pages, person: Staff, *, said: str = "", tried: Tried | None = None
) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        present = await mandates.policy(tx)
        versions = await mandates.policies(tx)
        names = await staff_names(tx, [one.set_by for one in versions])
        questions = await decisions.attention(tx)
        entries = await timeline.latest_of(tx, "desk", _MOST_SET, {"attention.set"})
        asked = await history(tx, entries)
    catalog = list(pages.flow.catalog)
    return show(
        "policy.html",
        person,
        "policy",
        422 if tried else 200,
        policy=present,
        words=policy_words(present),
        questions=questions,
        most_questions=MOST_QUESTIONS,
        asked=asked,
        versions=[(one, policy_words(one.policy)) for one in versions],
        names=names,
        said=said,
        tried=tried or Tried(),
        services=sorted(one.name for one in catalog),
        effects=sorted({effect for one in catalog for effect in one.effects}),
    )
