"""The product on one page.

     signal ──► finding ──► case ──► journey: plan ─ mandate ─ effects ─ decisions ─► verification
       │ cheap stream, batched │ durable, survives a crash at any line                   │
       └ most end here         └ one case per problem, by a unique key                   └► outcome

The first half takes what arrives, in groups, each group one transaction: what is answered with a
receipt is stored. Its end is the hand-over: a case that is new or came back gets a journey, in the
same transaction. From there the journey goes on by itself (see `journeys`), hears answers, results
and proofs as messages, and ends its case. A sale ends what is open, and what is still found then
is the next owner's.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from thingdesk import cases, decisions, diagnosis, fulfilment, journeys, notices, parties, signals
from thingdesk.aftercare import WAITS, Stands, plan, stands, to_tell, without_room
from thingdesk.cases import Answer, Opened, Report, Sample
from thingdesk.catalog import Catalog, Service
from thingdesk.diagnosis import Finding, Rule
from thingdesk.journeys import Withdrawn
from thingdesk.mandates import OWNER_CHANGED
from thingdesk.notices import Recipient
from thingdesk.openings import Ask, Openings, Wanted, in_order, not_yours
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refusal, Refused
from thingdesk.signals import Arrival, Signal, Stored

Watch = Callable[[Transaction], Awaitable[int]]
_SOLD = "The machine has another owner now."
_log = logging.getLogger(__name__)


class Flow:
    """What the desk does with what arrives. `catalog` and `rules` are what its packs brought;
    `zone` is the organisation's, for promises that count its business hours; `meanings` are the
    words of trouble codes. `most_open` limits the open cases of one machine.
    """

    def __init__(
        self,
        catalog: Catalog,
        rules: Iterable[Rule],
        zone: str = "UTC",
        meanings: Mapping[str, str] | None = None,
        most_open: int = 20,
    ) -> None:
        self.meanings = meanings or {}
        self.catalog = catalog
        self.zone = zone
        self._most_open = most_open
        self.rules = {rule.name: rule for rule in rules}
        self._openings = Openings(catalog, self.rules, zone, self.meanings)

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
        wanted = await self._check(tx, group)
        fit = [n for n, one in enumerate(wanted) if not isinstance(one, Refusal)]
        noted = await cases.note_reports(tx, [group[n] for n in fit])
        new = [n for n, known in zip(fit, noted, strict=True) if known is None]
        said = await self._serve(tx, {n: group[n] for n in new}, wanted)
        for n, answer in said.items():
            if isinstance(answer, Answer):
                cases.answer_report(tx, group[n], answer)
        refused = [group[n] for n, answer in said.items() if isinstance(answer, Refusal)]
        await cases.drop_reports(tx, refused)
        return in_order(group, wanted, dict(zip(fit, noted, strict=True)), said)

    async def diagnose(self, tx: Transaction) -> int:
        """Take committed signals through the rules and the running verifications; how many."""
        step = await diagnosis.advance(tx, tuple(self.rules.values()))
        asks = await self._asked_by(tx, step.opened)
        # a journey that gives up a proof and ends its case locks them in this order, too
        await cases.prove(tx, [_sample(one) for one in step.observations])
        await self._open(tx, list(asks.values()))
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
            self.look_after_findings,
        )

    async def look_for_silence(self, tx: Transaction) -> int:
        """Findings about machines that are not heard."""
        step = await diagnosis.check_silence(tx, tuple(self.rules.values()))
        await self._open(tx, list((await self._asked_by(tx, step.opened)).values()))
        return len(step.opened)

    async def look_after_findings(self, tx: Transaction) -> int:
        """What is found is not forgotten when its case ends without mending it, or has no room."""
        due = await diagnosis.findings_due(tx)
        asks = await self._asked_by(tx, [one.finding for one in due])
        last = await cases.last_of(tx, [(one.subject, one.key) for one, _ in asks.values()])
        plans = plan(due, self.rules, asks, last, clock.now())
        answers = await self._open(tx, [one.ask for one in plans if one.ask])
        known = await diagnosis.told_of(tx, [one.machine for one in plans if one.ask], WAITS)
        plans = without_room(plans, answers, known)
        for words, case_id in to_tell(plans):
            await journeys.tell_staff(tx, "finding.stays", words, case_id)
        await diagnosis.look_again(tx, [(one.look, one.next, one.told) for one in plans])
        return len(due)

    async def findings_of(
        self, tx: Transaction, machine: str, most: int
    ) -> list[tuple[Finding, Stands]]:
        """The newest findings of a machine, and how each stands."""
        found = await diagnosis.findings_of(tx, machine, most)
        keys = {one: self._key_of(one) for one in found if not one.cleared_at}
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
        What the machine was told and has not acknowledged is given up. What is still found on it
        is asked for again, for its owner of now. Raises Refused as `parties.transfer` does.
        """
        if not await parties.transfer(tx, machine, owner_id, at, by):
            return False
        while former := await cases.not_of(tx, machine, owner_id):
            await journeys.withdraw_all(tx, former, Withdrawn(OWNER_CHANGED, _SOLD))
        await notices.give_up_all(tx, Recipient.machine(machine), _SOLD)
        found = await diagnosis.open_findings(tx, machine)
        await self._open(tx, list((await self._asked_by(tx, found)).values()))
        return True

    # -- the hand-over: a case that is new or came back gets a journey ------------------------

    async def _open(self, tx: Transaction, asks: Sequence[Ask]) -> list[Opened | Refusal]:
        answers = await cases.open_within(tx, [opening for opening, _ in asks], self._most_open)
        reopened = [one.case_id for one in answers if isinstance(one, Opened) and one.reopened]
        turns = await cases.get_many(tx, reopened) if reopened else {}
        for (opening, service), one in zip(asks, answers, strict=True):
            if isinstance(one, Refusal):
                continue
            if one.new or one.reopened:
                turn = turns[one.case_id].reopened if one.reopened else 0
                journeys.start(tx, service, journeys.facts_of(opening, one, turn))
                journeys.tell_subject(tx, opening, one)
            if one.former:
                await journeys.withdraw_all(tx, [one.former], Withdrawn(OWNER_CHANGED, _SOLD))
        joined = [one.case_id for one in answers if isinstance(one, Opened) and one.joined]
        if joined:
            await journeys.note_repeats(tx, joined)
        return answers

    async def _asked_by(self, tx: Transaction, findings: Sequence[Finding]) -> dict[Finding, Ask]:
        """What findings ask for, for owners who stay the owners until `tx` ends. A finding whose
        rule no pack brings any more asks for nothing.
        """
        now = clock.now()
        findings = [one for one in findings if one.rule in self.rules]
        await parties.hold(tx, [one.machine for one in findings])
        owned = await parties.ownerships_of(tx, [(one.machine, now) for one in findings])
        asks: dict[Finding, Ask] = {}
        for finding, owner in zip(findings, owned, strict=True):
            try:
                asks[finding] = self._openings.of_finding(finding, owner)
            # a mistake in one rule must not keep the signals of all machines from diagnosis
            except Exception as error:  # noqa: BLE001
                _log.exception("rule %s found something and could not ask for it", finding.rule)
                words = f"Rule {finding.rule} found something on {finding.machine}: {error}"
                cause = f"{finding.rule} {type(error).__name__}"
                await journeys.note_mistake(tx, "rule.failed", cause, words)
        return asks

    def _key_of(self, finding: Finding) -> str | None:
        """The key of the problem that a finding is about, if its rule can say so."""
        if finding.rule not in self.rules:
            return None
        try:
            return self._openings.key_of(finding)
        # a mistake in one rule must not keep a machine's page from staff; they are told of it
        # where the rule asks for something
        except Exception:  # noqa: BLE001 - whatever the author's code raises
            _log.exception("rule %s cannot say what it asks for", finding.rule)
            return None

    # -- reports ------------------------------------------------------------------------------

    async def _check(self, tx: Transaction, group: Sequence[Report]) -> list[Wanted | Refusal]:
        """What reports want; whose their subjects are stays so until `tx` ends."""
        read = [self._openings.read(one) for one in group]
        subjects = {
            one.subject
            for one, wanted in zip(group, read, strict=True)
            if not isinstance(wanted, Refusal) and not wanted[0].instant
        }
        await parties.hold(tx, sorted(subjects))
        now = clock.now()
        speaks = await parties.speak_for(tx, [(one.reporter, one.subject, now) for one in group])
        return [
            wanted if may else not_yours(one)
            for one, wanted, may in zip(group, read, speaks, strict=True)
        ]

    async def _serve(
        self, tx: Transaction, new: Mapping[int, Report], wanted: Sequence[Wanted | Refusal]
    ) -> dict[int, Answer | Refusal]:
        asked = {n: one for n, one in enumerate(wanted) if n in new and isinstance(one, tuple)}
        lasting = [n for n, (service, _) in asked.items() if not service.instant]
        now = clock.now()
        owned = await parties.ownerships_of(tx, [(new[n].subject, now) for n in lasting])
        answers: dict[int, Answer | Refusal] = {}
        # what an instant service remembers is locked in an order that all groups keep to
        for n in sorted(asked.keys() - set(lasting), key=lambda n: new[n].subject):
            answers[n] = await _at_once(tx, *asked[n], new[n])
        asks = [
            self._openings.of_report(new[n], asked[n], owner)
            for n, owner in zip(lasting, owned, strict=True)
        ]
        for n, one in zip(lasting, await self._open(tx, asks), strict=True):
            answers[n] = one if isinstance(one, Refusal) else Answer(one.case_id, one.refused)
        return answers


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


async def _at_once(
    tx: Transaction, service: Service, given: BaseModel, report: Report
) -> Answer | Refusal:
    try:
        outcome = await journeys.answer_now(tx, service, given, report.subject, report.reporter)
    except Refused as refused:
        return refused.refusal
    return Answer(None, outcome)
