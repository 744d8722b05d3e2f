"""What the function of a service came to, which has to be an outcome."""

import inspect

from pydantic import BaseModel

from thingdesk.catalog import Service
from thingdesk.platform.durable import AtLine


class NoOutcome(AtLine):
    """A function ended with something else: its author is told which, and where it stands."""

    def __init__(self, service: Service, result: object) -> None:
        came = "None" if result is None else f"a {type(result).__name__}"
        code = inspect.unwrap(service.function).__code__
        mend = f"end it with return {service.outcome.__name__}(words=…)"
        at = code.co_filename, code.co_firstlineno
        super().__init__(f"{service.name} returned {came}; {mend}", at)


def outcome_of(service: Service, result: object) -> BaseModel:
    """The result, if it is one. Raises NoOutcome."""
    if not isinstance(result, BaseModel):
        raise NoOutcome(service, result)
    return result
