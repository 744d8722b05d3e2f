"""The fields of a mandate, from mandates.details."""

import json

from scripts.reference.words import data, page, table

from thingdesk.mandates import details
from thingdesk.mandates.details import FIELDS, TYPE

INTRO = f"""
What an owner is asked to permit, and what a token permits: an object of the type `{TYPE}`, the one
in the list `authorization_details` (RFC 9396) of a request, a token or an exchange. The owner can
permit less, field by field ([pair a machine](../how-to/pair-a-machine.md)). A field that is not
listed here is refused (`bad_mandate`), and so is a list with more than one object in it.
"""
PASSED_ON = """
## Passed on

Whoever passes a mandate on permits the same or less in each of these fields: fewer names, less
money, an earlier end, fewer times; `depth` is smaller by one at least. What is left out is limited
as before, but for money, of which nothing can be spent unasked then, and for `services`, which have
to be there. So send what the token's answer has as `authorization_details`, and change what is to
be less.
"""
EXAMPLE = ("services", "machines", "per_case", "per_period", "ends", "depth")


def rows() -> list[tuple[str, str, str, str]]:
    return [
        (f"`{name}`", one.form, one.words, f"`{json.dumps(one.example)}`")
        for name, one in FIELDS.items()
    ]


def make() -> str:
    whole = {"type": TYPE, **{name: FIELDS[name].example for name in EXAMPLE}}
    details.read_details([whole])
    return page(
        "A mandate",
        INTRO,
        table(("field", "type", "meaning", "example"), rows()),
        PASSED_ON.strip(),
        "## Example",
        data([whole]),
    )
