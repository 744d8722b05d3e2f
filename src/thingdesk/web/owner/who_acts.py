"""Those who may act for an owner, each with what it passed on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thingdesk import access, cases, mandates, parties
from thingdesk.cases import Case
from thingdesk.mandates import Mandate
from thingdesk.parties import Machine
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money
from thingdesk.web.owner.ownerships import Ownerships
from thingdesk.web.owner.plain import Facts, Standing, facts, plain, standing
from thingdesk.web.pages import Pages

MOST = 20
MOST_DONE = 5
_OVER = (Standing.ENDED, Standing.STOPPED)


@dataclass(frozen=True, slots=True)
class Passed:
    """What was passed on by one of them to another; `facts` in the owner's words, `beside` as
    `Acting` has it.
    """

    mandate: Mandate
    by: str
    name: str
    beside: str
    facts: Facts
    is_over: bool
    below: tuple["Passed", ...] = ()

    @property
    def all(self) -> tuple["Passed", ...]:
        """It and what is below it."""
        return (self, *(one for under in self.below for one in under.all))


@dataclass(frozen=True, slots=True)
class Acting:
    """One who may act for the owner. `done` may hold one more than is shown. `by` is who passed it
    on, None when that was the owner. `below` is what it passed on, `over` what of that has ended;
    `cut` when there is more of both than is shown.
    """

    mandate: Mandate
    machine: Machine | None
    standing: Standing
    facts: Facts
    done: tuple[Case, ...]
    spent: tuple[Money, ...]
    by: str | None
    below: tuple[Passed, ...]
    over: tuple[Passed, ...]
    cut: bool

    @property
    def name(self) -> str:
        """What it calls itself, as an app has no other name to its owner; else its id."""
        return _name(self.machine, self.mandate)

    @property
    def beside(self) -> str:
        """What tells it apart: the address of an app, the model of a machine, where it has one."""
        return _beside(self.machine)

    @property
    def is_over(self) -> bool:
        return self.standing in _OVER

    @property
    def all_below(self) -> tuple[Passed, ...]:
        """All that ends when it is stopped."""
        return tuple(one for under in self.below for one in under.all)


@dataclass(frozen=True, slots=True)
class _Around:
    """What the words of mandates are made of."""

    pages: Pages
    owned: Ownerships
    machines: Mapping[str, Machine]

    def facts(self, one: Mandate) -> Facts:
        words = plain(one.terms, self.pages.flow.catalog, self.owned.since)
        return facts(words, self.owned.owner.zone, clock.now())

    def name(self, one: Mandate) -> str:
        return _name(self.machines.get(one.to or ""), one)

    def beside(self, one: Mandate) -> str:
        return _beside(self.machines.get(one.to or ""))


async def acting_for(
    pages: Pages, tx: Transaction, owned: Ownerships, most: int = MOST
) -> list[Acting]:
    """Those to whom the owner gave something, first those who may act now, and the newest; one more
    than `most` at the end.
    """
    given = await mandates.given_by(tx, owned.owner.id, most + 1)
    return await acting(pages, tx, owned, given)


async def acting(
    pages: Pages, tx: Transaction, owned: Ownerships, given: Sequence[Mandate]
) -> list[Acting]:
    """The same of these mandates."""
    under = await mandates.below(tx, [one.id for one in given], MOST + 1)
    above = await mandates.get_many(tx, {one.parent for one in given if one.parent})
    all_ = [*given, *above.values(), *(one for some in under.values() for one in some)]
    machines = await parties.get_machines(tx, sorted({one.to for one in all_ if one.to}))
    around = _Around(pages, owned, machines)
    return [
        await _acting(tx, around, one, above.get(one.parent) if one.parent else None, under[one.id])
        for one in given
    ]


async def _acting(
    tx: Transaction,
    around: _Around,
    given: Mandate,
    above: Mandate | None,
    under: Sequence[Mandate],
) -> Acting:
    now, owned = clock.now(), around.owned
    done = [one for one in await cases.under(tx, given.id, MOST_DONE + 1) if _seen(owned, one)]
    shown = under[:MOST]
    return Acting(
        given,
        around.machines.get(given.to or ""),
        standing(given, now),
        around.facts(given),
        tuple(done),
        tuple(await mandates.spent_in_period(tx, owned.owner.id, now, given.id)),
        around.name(above) if above and above.to else None,
        _below(around, given, [one for one in shown if not _is_over(one)]),
        _over(around, given, shown),
        any(not _is_over(one) for one in under[MOST:]),
    )


def _below(around: _Around, above: Mandate, shown: Sequence[Mandate]) -> tuple[Passed, ...]:
    return tuple(
        Passed(
            one,
            around.name(above),
            around.name(one),
            around.beside(one),
            around.facts(one),
            False,
            _below(around, one, shown),
        )
        for one in shown
        if one.parent == above.id
    )


def _over(around: _Around, top: Mandate, shown: Sequence[Mandate]) -> tuple[Passed, ...]:
    above = {one.id: one for one in (top, *shown)}
    return tuple(
        Passed(
            one,
            around.name(above.get(one.parent or top.id, top)),
            around.name(one),
            around.beside(one),
            around.facts(one),
            True,
        )
        for one in shown
        if _is_over(one)
    )


def _is_over(one: Mandate) -> bool:
    return standing(one, clock.now()) in _OVER


def _name(machine: Machine | None, mandate: Mandate) -> str:
    if machine and access.is_app(machine):
        return parties.called(machine)
    return mandate.to or ""


def _beside(machine: Machine | None) -> str:
    if machine is None:
        return ""
    if access.is_app(machine):
        return str(machine.attributes[parties.NAMED_ITSELF])
    return machine.model if machine.model != machine.kind else ""


def _seen(owned: Ownerships, case: Case) -> bool:
    return case.owner_id == owned.owner.id and (case.ended_at is not None or owned.sees(case))
