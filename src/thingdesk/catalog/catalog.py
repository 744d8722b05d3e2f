from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from thingdesk.catalog.define import ServiceError
from thingdesk.catalog.errors import unfit_input, unknown_service
from thingdesk.catalog.model import Service


class Catalog:
    """All services that this desk offers. Of several versions the newest registered is offered."""

    def __init__(self, services: Iterable[Service] = ()) -> None:
        self._offered: dict[str, Service] = {}
        self._by_code: dict[str, Service] = {}
        for service in services:
            self.register(service)

    def register(self, service: Service) -> None:
        """Offer `service`; versions registered before it go on for running journeys only."""
        if service.code in self._by_code:
            raise ServiceError(f"{service.code} is registered twice: give one a new version")
        self._by_code[service.code] = service
        self._offered[service.name] = service

    def __iter__(self) -> Iterator[Service]:
        """The offered services."""
        return iter(self._offered.values())

    @property
    def versions(self) -> dict[str, Service]:
        """Every registered version by its code."""
        return dict(self._by_code)

    def get(self, name: str) -> Service:
        """The offered service `name`, or a refusal that lists what is offered."""
        found = self._offered.get(name)
        if found is None:
            raise unknown_service(name, self._offered)
        return found


def read_input(service: Service, data: object) -> BaseModel:
    """The typed input, or a refusal that says what is wrong, field by field."""
    model: type[BaseModel] = service.input
    try:
        return model.model_validate(data, context={"source": "machine"})
    except ValidationError as error:
        raise unfit_input(service.name, error) from None


def check_strictly(service: Service, data: object) -> None:
    """Hold the input against the service's schema as it is published: `read_input` takes a number
    that came as text, too, which the schema does not name. Raises Refused in the same way.
    """
    model: type[BaseModel] = service.input
    try:
        model.model_validate_json(orjson.dumps(data), strict=True, context={"source": "machine"})
    except ValidationError as error:
        raise unfit_input(service.name, error) from None


def problem_identity(service: Service, given: BaseModel) -> dict[str, Any]:
    """The part of the input that makes the problem, as plain data."""
    return given.model_dump(mode="json", include=set(service.identity))


def problem_key(service: Service, identity: dict[str, Any]) -> str:
    """The problem's key for one subject: a digest over the service's name and the identity."""
    text = orjson.dumps([service.name, identity], option=orjson.OPT_SORT_KEYS)
    return sha256(text).hexdigest()
