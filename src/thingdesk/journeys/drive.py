"""Driving a service's function for one case: its outcome, or why it had to stop."""

from collections.abc import Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from pydantic import BaseModel

from thingdesk import cases
from thingdesk.cases import Case, Outcome
from thingdesk.catalog import Service
from thingdesk.journeys import store
from thingdesk.journeys.closing import close
from thingdesk.journeys.effects import undo_all
from thingdesk.journeys.journey import Journey
from thingdesk.journeys.model import NotProven, Stopped, Withdrawn
from thingdesk.journeys.returned import outcome_of
from thingdesk.journeys.start import start
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction

_RETURNED = {True: Outcome.VERIFIED, False: Outcome.UNVERIFIED, None: Outcome.FULFILLED}
"""How a case ends whose journey has come to its end, by whether recovery was proven."""


def drivers(
    versions: Mapping[str, Service], meanings: Mapping[str, str] | None = None
) -> dict[str, durable.Function]:
    """What the engine runs for journeys of these services, by their code."""
    return {code: driver(one, meanings) for code, one in versions.items() if not one.instant}


def driver(service: Service, meanings: Mapping[str, str] | None = None) -> durable.Function:
    """What the engine runs for a journey of `service`; `meanings` are the words of codes."""

    @wraps(service.function)  # so that the engine knows whose file an error comes from
    async def drive(run: durable.Run) -> None:
        journey = Journey(run, service, meanings)

        async def begin() -> None:
            await cases.keep_promise(run.tx, journey.case_id, "decision")

        await run.step("begin", begin)
        try:
            given = service.input.model_validate(journey.facts.input)
            result = await service.function(journey, given)
        except Stopped as stopped:
            journey.check_awaited()
            await _stop(journey, stopped)
        else:
            journey.check_awaited()
            await _end(journey, outcome_of(service, result))

    return drive


async def _end(journey: Journey, result: BaseModel) -> None:
    outcome = _RETURNED[journey.proven]
    data = result.model_dump(mode="json")
    words = data.pop("words", None) or f"{journey.service.title}: done."
    await _close(journey, outcome, words, data)


async def _stop(journey: Journey, stopped: Stopped) -> None:
    """What was done stays done when it only was not proven; otherwise it is taken back."""
    if not isinstance(stopped, NotProven):
        await undo_all(journey, stopped.told)
    await _close(journey, _outcome(stopped), stopped.words, stopped.data)


def _outcome(stopped: Stopped) -> Outcome:
    match stopped:
        case NotProven():
            return Outcome.UNVERIFIED
        case Withdrawn():
            return Outcome.WITHDRAWN
        case _:
            return Outcome.REFUSED


async def _close(journey: Journey, outcome: Outcome, words: str, data: dict[str, Any]) -> None:
    run = journey.run

    async def end() -> None:
        tx, relapse = run.tx, journey.service.relapse
        case = await close(tx, journey.case_id, outcome, words, data, relapse)
        store.end(tx, run.id, clock.now())
        await _go_on(tx, journey.service, case)

    await run.step("end", end)


async def _go_on(tx: Transaction, service: Service, ended: Case) -> None:
    """A problem that is back already gets its case and journey at once."""
    back = await cases.came_back(tx, ended)
    if back is None:
        return
    opening = replace(back, service=service.name, version=service.version)
    await start(tx, [(opening, service)], await cases.open(tx, [opening]))
