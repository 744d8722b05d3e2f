"""What can be asked for: services, their schemas, promises and effects.

What enters: services, registered explicitly. What leaves: typed input or a refusal, the identity of
a problem, and a description from which every surface is generated. It has no tables.
"""

from thingdesk.catalog.catalog import (
    Catalog,
    check_strictly,
    problem_identity,
    problem_key,
    read_input,
)
from thingdesk.catalog.define import ServiceError, service
from thingdesk.catalog.describe import PRINTED, describe, explain, terms
from thingdesk.catalog.model import NAME, Promise, Service, Stage, in_words, span

__all__ = [
    "NAME",
    "PRINTED",
    "Catalog",
    "Promise",
    "Service",
    "ServiceError",
    "Stage",
    "check_strictly",
    "describe",
    "explain",
    "in_words",
    "problem_identity",
    "problem_key",
    "read_input",
    "service",
    "span",
    "terms",
]
