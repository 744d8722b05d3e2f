"""What staff may do by their roles: the one place that says so. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from thingdesk.parties.model import Role, Staff


class Right(StrEnum):
    """What some of the staff may do and others not. Looking at everything, and working on cases,
    is everybody's.
    """

    TRANSFER = "transfer machines and register owners"
    ENTITLE = "say what machines are entitled to"
    POLICY = "change the policy"
    ERASE = "erase what is known of an owner"
    KEYS = "add and revoke keys"
    PEOPLE = "add and disable staff"


_EVERYBODY = frozenset(Role)
_ANSWERING = frozenset({Role.LEADER, Role.ADMIN})
_RUNNING = frozenset({Role.ADMIN})
RIGHTS: Mapping[Right, frozenset[Role]] = {
    Right.TRANSFER: _EVERYBODY,
    Right.ENTITLE: _ANSWERING,
    Right.POLICY: _ANSWERING,
    Right.ERASE: _ANSWERING,
    Right.KEYS: _RUNNING,
    Right.PEOPLE: _RUNNING,
}


def may(staff: Staff, right: Right) -> bool:
    """Whether one of their roles gives this right."""
    return not staff.roles.isdisjoint(RIGHTS[right])
