"""The product on one page.

     signal ──► finding ──► case ──► journey: plan ─ mandate ─ effects ─ decisions ─► verification
       │ cheap stream, batched │ durable, survives a crash at any line                   │
       └ most end here         └ one case per problem, by a unique key                   └► outcome

The first half takes what arrives, in groups, each group one transaction: what is answered with a
receipt is stored. Its end is the hand-over: a case that is new or came back gets a journey, in the
same transaction. The second half is that journey (`drivers`): it goes on by itself, hears answers,
results and proofs as messages, and ends its case. A sale ends what is open, and what is still found
then is the next owner's.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk import (
    cases,
    contact,
    decisions,
    diagnosis,
    fulfilment,
    hooks,
    journeys,
    mandates,
    notices,
    parties,
    signals,
)
from thingdesk.aftercare import WAITS, Stands, plan, stands, to_tell, without_room
from thingdesk.cases import Answer, Opened, Report, Sample
from thingdesk.catalog import Catalog
from thingdesk.contact import CallBacks
from thingdesk.diagnosis import Finding, Rule
from thingdesk.journeys import changed_hands
from thingdesk.notices import Recipient
from thingdesk.openings import Ask, Openings, answer_reports, asked_by, key_of
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refusal
from thingdesk.signals import Arrival, Signal, Stored

Watch = Callable[[Transaction], Awaitable[int]]
_SOLD = "The machine has another owner now."


class Flow:
    """What the desk does with what arrives. `catalog` and `rules` are what its packs brought;
    `zone` is the organisation's, for promises that count its business hours; `meanings` are the
    words of trouble codes. `most_open` limits the open cases of one machine; `calls` says when
    staff can call owners back.
    """

    def __init__(
        self,
        catalog: Catalog,
        rules: Iterable[Rule],
        zone: str = "UTC",
        meanings: Mapping[str, str] | None = None,
        most_open: int = 20,
        calls: CallBacks | None = None,
    ) -> None:
        self.meanings = meanings or {}
        self.catalog = catalog
        self.zone = zone
        self._most_open = most_open
        self.rules = {rule.name: rule for rule in rules}
        self.calls = calls or CallBacks(zone=zone)
        self._openings = Openings(catalog, self.rules, zone, self.meanings, self.calls)

    # -- the first half: what arrives ---------------------------------------------------------

    async def take_signals(self, tx: Transaction, group: Sequence[Signal]) -> list[Arrival]:
        """Store signals; diagnosis takes them from there, once they are committed."""
        return await signals.take(tx, group)

    async def take_reports(
        self, tx: Transaction, group: Sequence[Report]
    ) -> list[Answer | Refusal]:
        """Answer reports: a case, the outcome of an instant service, or why not. A repeat gets
        the answer of its first; what is refused leaves nothing behind.
        """
        return await answer_reports(tx, self._openings, group, self._hand_over)

    async def diagnose(self, tx: Transaction) -> int:
        """Take committed signals through the rules and the running verifications; how many."""
        step = await diagnosis.advance(tx, tuple(self.rules.values()))
        asks = await asked_by(tx, self._openings, step.opened)
        # a journey that gives up a proof and ends its case locks them in this order, too
        await cases.prove(tx, [_sample(one) for one in step.observations])
        await self._hand_over(tx, list(asks.values()))
        return len(step.observations)

    @property
    def watches(self) -> tuple[Watch, ...]:
        """What happens because nothing happened; each says how much it found to do.

        Each is for a transaction of its own: a mistake in one must not hold up the others.
        """
        return (
            self.look_for_silence,
            expire_questions,
            fulfilment.expire_jobs,
            fulfilment.expire_commands,
            tell_broken_promises,
            self.look_after_holds,
            self.look_after_findings,
        )

    async def look_for_silence(self, tx: Transaction) -> int:
        """Findings about machines that are not heard."""
        step = await diagnosis.check_silence(tx, tuple(self.rules.values()))
        await self._hand_over(tx, list((await asked_by(tx, self._openings, step.opened)).values()))
        return len(step.opened)

    async def look_after_findings(self, tx: Transaction) -> int:
        """What is found is not forgotten when its case ends without mending it, or has no room."""
        due = await diagnosis.findings_due(tx)
        asks = await asked_by(tx, self._openings, [one.finding for one in due])
        last = await cases.last_of(tx, [(one.subject, one.key) for one, _ in asks.values()])
        plans = plan(due, self.rules, asks, last, clock.now())
        answers = await self._hand_over(tx, [one.ask for one in plans if one.ask])
        known = await diagnosis.told_of(tx, [one.machine for one in plans if one.ask], WAITS)
        plans = without_room(plans, answers, known)
        for words, case_id in to_tell(plans):
            await journeys.tell_staff(tx, "finding.stays", words, case_id)
        await diagnosis.look_again(tx, [(one.look, one.next, one.told) for one in plans])
        return len(due)

    async def look_after_holds(self, tx: Transaction) -> int:
        """Who did not come when a person was ready is missed; who waits hears of their place."""
        missed = await contact.lapse(tx, self.calls)
        return missed + await contact.tell_moved(tx, self.calls)

    async def look_after_mandated(self, tx: Transaction) -> int:
        """Nobody waits for a person any more under a mandate that is over; staff hear of it."""
        over = await contact.leave_over(tx)
        for one in over:
            words = f"{one.machine} waits for a person no more: its mandate is over."
            await journeys.tell_staff(tx, "hold.withdrawn", words, one.case_id)
        return len(over)

    async def findings_of(
        self, tx: Transaction, machine: str, most: int
    ) -> list[tuple[Finding, Stands]]:
        """The newest findings of a machine, and how each stands."""
        found = await diagnosis.findings_of(tx, machine, most)
        keys = {one: key_of(self._openings, one) for one in found if not one.cleared_at}
        last = await cases.last_of(tx, [(machine, key) for key in keys.values() if key])
        return [(one, stands(one, last.get((machine, keys.get(one) or "")))) for one in found]

    async def transfer(
        self,
        tx: Transaction,
        machine: str,
        owner_id: UUID | None,
        at: datetime,
        by: UUID | None = None,
    ) -> bool:
        """From `at` on the machine is this owner's, or nobody's; whether anything changed. `by` is
        one of the staff. Nothing else may transfer a machine, for all of this is one commit.

        The former owner's open cases and journeys are withdrawn, and what they did is taken back.
        What others than its owner of now have permitted it to ask for ends. What the machine was
        told and has not acknowledged is given up. What is still found on it
        is asked for again, for its owner of now. Raises Refused as `parties.transfer` does.
        """
        if not await parties.transfer(tx, machine, owner_id, at, by):
            return False
        while former := await cases.not_of(tx, machine, owner_id):
            await journeys.withdraw_all(tx, former, changed_hands())
        await mandates.end_given_to(tx, machine, owner_id, _SOLD)
        await contact.leave_all(tx, machine, _SOLD)
        await notices.give_up_all(tx, Recipient.machine(machine), _SOLD)
        await hooks.end_all(tx, machine, _SOLD)
        found = await diagnosis.open_findings(tx, machine)
        await self._hand_over(tx, list((await asked_by(tx, self._openings, found)).values()))
        return True

    # -- the hand-over: a case that is new or came back gets a journey ------------------------

    async def _hand_over(self, tx: Transaction, asks: Sequence[Ask]) -> list[Opened | Refusal]:
        answers = await cases.open_within(tx, [opening for opening, _ in asks], self._most_open)
        await hooks.follow(tx, _began(asks, answers))
        await journeys.start(tx, asks, answers)
        former = [one.former for one in answers if isinstance(one, Opened) and one.former]
        if former:
            await journeys.withdraw_all(tx, former, changed_hands())
        joined = [one.case_id for one in answers if isinstance(one, Opened) and one.joined]
        if joined:
            await journeys.note_repeats(tx, joined)
        own = [one.case_id for one in answers if isinstance(one, Opened) and one.on_its_own]
        if own:
            await journeys.judge_anew(tx, own)
        return answers

    # -- the second half: a journey, from its plan to its outcome -----------------------------

    @property
    def drivers(self) -> Mapping[str, durable.Function]:
        """What runs durably for each service, by its code: the service's own function.

        Its lines are the plan. An effect asks `mandates` for a verdict; *ask* becomes a question
        (`decisions`), whose answer comes back as a message; *allow* is done by `fulfilment` in the
        journey's transaction, and undone if the journey stops. `verify` waits for the proof that
        `diagnose` hands to `cases`. What the function returns, or what stops it, is the outcome:
        the case ends with it, and machine and owner are told (`notices`).
        """
        return journeys.drivers(self.catalog.versions, self.meanings)


def _began(asks: Sequence[Ask], answers: Sequence[Opened | Refusal]) -> dict[UUID, hooks.Parties]:
    """The cases that are new or came back, and whose they are."""
    return {
        one.case_id: hooks.Parties((opening.subject, opening.reporter), opening.owner_id)
        for (opening, _), one in zip(asks, answers, strict=True)
        if isinstance(one, Opened) and not one.joined
    }


def _sample(one: Stored) -> Sample:
    return Sample(one.machine, one.at, one.received_at, one.trusted, one.values, one.codes)


async def expire_questions(tx: Transaction) -> int:
    """Questions that nobody answered in time are settled by their default."""
    return len(await decisions.expire(tx))


async def tell_broken_promises(tx: Transaction) -> int:
    """Promises whose time is over are broken, and staff are told."""
    broken = await cases.break_due_promises(tx)
    for one in broken:
        words = f"The promise of {one.name} is broken."
        await journeys.tell_staff(tx, "promise.broken", words, one.case_id)
    return len(broken)
