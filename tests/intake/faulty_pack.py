"""Services whose author made a mistake: for some input they fail as no service should."""

from thingdesk.sdk import Data, Instant, Outcome, Promise, refuse, service


class Number(Data):
    """What to divide by."""

    by: int


class Divided(Outcome):
    """What came out."""

    result: float


@service("faulty.divide", title="Divide", promise=Promise(), instant=True)
async def divide(instant: Instant, given: Number) -> Divided:
    """Fail for zero, and for one in the database."""
    await instant.keep(f"by:{given.by}", {"by": given.by})
    if given.by == 1:
        await instant.keep("text", {"text": "\x00"})
    return Divided(words="Divided.", result=1 / given.by)


class Times(Data):
    """How often to say it."""

    times: int


class Recited(Outcome):
    """All that was said."""

    lines: list[str]


@service("faulty.recite", title="Recite", promise=Promise(), instant=True)
async def recite(instant: Instant, given: Times) -> Recited:
    """Answer with more than anybody asked for."""
    await instant.keep("recited", {"times": given.times})
    return Recited(words="Recited.", lines=["It goes on and on and on. "] * given.times)


@service("faulty.mumble", title="Mumble", promise=Promise(), instant=True)
async def mumble(instant: Instant, given: Times) -> Recited:
    """Refuse in words that cannot be written down: half a character."""
    raise refuse("mumbled", f"{instant.subject} {given.times} {chr(0xD800)}")


SERVICES = (divide, mumble, recite)
RULES = ()
