"""A service whose author made a mistake in the journey."""

import logging

from thingdesk.sdk import Data, Journey, Outcome, Promise, service


class Fault(Data):
    """Nothing more to say."""


class Mended(Outcome):
    """Never."""


@service("broken.mend", title="Mend", promise=Promise())
async def mend(journey: Journey, _: Fault) -> Mended:
    """Say something, and fail."""
    logging.getLogger("broken").warning("about to fail")
    raise RuntimeError(f"no way to mend {journey.subject}")


SERVICES = (mend,)
RULES = ()
