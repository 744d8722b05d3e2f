"""A service whose author made a mistake: for some input it fails as no service should."""

from thingdesk.sdk import Data, Instant, Outcome, Promise, service


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


SERVICES = (divide,)
RULES = ()
