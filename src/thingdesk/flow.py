"""The product on one page.

     signal ──► finding ──► case ──► journey: plan ─ mandate ─ effects ─ decisions ─► verification
       │ cheap stream, batched │ durable, survives a crash at any line                   │
       └ most end here         └ one case per problem, by a unique key                   └► outcome

The first half takes what arrives, in groups, each group one transaction: what is answered with a
receipt is stored. Its end is the hand-over: a case that is new or came back gets a journey, in the
same transaction. From there the journey goes on by itself (see `journeys`), hears answers, results
and proofs as messages, and ends its case.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from thingdesk import cases, decisions, diagnosis, fulfilment, journeys, notices, parties, signals
from thingdesk.cases import Answer, Opened, Opening, Report, Sample
from thingdesk.catalog import Catalog, Service, problem_identity, problem_key, read_input
from thingdesk.diagnosis import Finding, Rule
from thingdesk.notices import Notice, Recipient
from thingdesk.parties import Ownership
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.signals import Intake, Signal, Stored

Ask = tuple[Opening, Service]
Watch = Callable[[Transaction], Awaitable[int]]
_log = logging.getLogger(__name__)


class Flow:
    """What the desk does with what arrives. `catalog` and `rules` are what its packs brought;
    `zone` is the organisation's, for promises that count its business hours; `meanings` are the
    words of trouble codes.
    """

    def __init__(
        self,
        catalog: Catalog,
        rules: Iterable[Rule],
        zone: str = "UTC",
        meanings: Mapping[str, str] | None = None,
    ) -> None:
        self.meanings = meanings or {}
        self.catalog = catalog
        self.zone = zone
        self.rules = {rule.name: rule for rule in rules}

    # -- the first half: what arrives ---------------------------------------------------------

    async def take_signals(self, tx: Transaction, group: Sequence[Signal]) -> list[Intake]:
        """Store signals; diagnosis takes them from there, once they are committed."""
        return await signals.take(tx, group)

    async def take_reports(
        self, tx: Transaction, group: Sequence[Report]
    ) -> list[Answer | Refusal]:
        """Answer reports: a case, the outcome of an instant service, or why not. A repeat gets
        the answer of its first; what is refused leaves nothing behind.
        """
        answers = await self._check(tx, group)
        fit = [n for n, answer in enumerate(answers) if not isinstance(answer, Refusal)]
        noted = await cases.note_reports(tx, [group[n] for n in fit])
        new = [n for n, known in zip(fit, noted, strict=True) if known is None]
        said = await self._serve(tx, [(group[n], answers[n]) for n in new])
        for n, answer in zip(new, said, strict=True):
            if isinstance(answer, Answer):
                cases.answer_report(tx, group[n], answer)
        refused = [n for n, one in zip(new, said, strict=True) if isinstance(one, Refusal)]
        await cases.drop_reports(tx, [group[n] for n in refused])
        final: dict[int, Answer | Refusal] = dict(zip(new, said, strict=True))
        return _in_order(group, answers, dict(zip(fit, noted, strict=True)), final)

    async def diagnose(self, tx: Transaction) -> int:
        """Take committed signals through the rules and the running verifications; how many."""
        step = await diagnosis.advance(tx, tuple(self.rules.values()))
        # a journey that gives up a proof and ends its case locks them in this order, too
        await cases.prove(tx, [_sample(one) for one in step.observations])
        await self._open_for(tx, step.opened)
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
        )

    async def look_for_silence(self, tx: Transaction) -> int:
        """Findings about machines that are not heard."""
        step = await diagnosis.check_silence(tx, tuple(self.rules.values()))
        await self._open_for(tx, step.opened)
        return len(step.opened)

    # -- the hand-over: a case that is new or came back gets a journey ------------------------

    async def _open(self, tx: Transaction, asks: Sequence[Ask]) -> list[Opened]:
        opened = await cases.open(tx, [opening for opening, _ in asks])
        reopened = [one.case_id for one in opened if one.reopened]
        turns = await cases.get_many(tx, reopened) if reopened else {}
        for (opening, service), one in zip(asks, opened, strict=True):
            if one.new or one.reopened:
                turn = turns[one.case_id].reopened if one.reopened else 0
                journeys.start(tx, service, journeys.facts_of(opening, one, turn))
                journeys.tell_subject(tx, opening, one)
            if one.former:
                await journeys.withdraw(tx, one.former, "The machine has another owner now.")
        return opened

    async def _open_for(self, tx: Transaction, findings: Sequence[Finding]) -> None:
        now = clock.now()
        owned = await parties.ownerships_of(tx, [(one.machine, now) for one in findings])
        asks: list[Ask] = []
        for finding, owner in zip(findings, owned, strict=True):
            try:
                asks.append(self._asked_by(finding, owner))
            # a mistake in one rule must not keep the signals of all machines from diagnosis
            except Exception as error:  # noqa: BLE001
                _log.exception("rule %s found something and could not ask for it", finding.rule)
                words = f"Rule {finding.rule} found something on {finding.machine}: {error}"
                await _tell_staff(tx, "rule.failed", [(words, None)])
        await self._open(tx, asks)

    def _asked_by(self, finding: Finding, owned: Ownership | None) -> Ask:
        rule = self.rules[finding.rule]
        service = self.catalog.get(rule.service)
        asked = rule.asks(finding)
        given = asked if isinstance(asked, BaseModel) else read_input(service, asked)
        opening = self._opening(service, given, finding.machine, owned)
        event_id = f"{finding.rule}:{finding.about}:{finding.opened_at.isoformat()}"
        return (
            opening(
                origin="finding",
                reporter=finding.machine,
                event_id=event_id,
                at=finding.opened_at,
                evidence={
                    "rule": finding.rule,
                    "confidence": finding.confidence,
                    "meaning": self.meanings.get(finding.about),
                    **diagnosis.evidence_data(finding.evidence),
                },
            ),
            service,
        )

    # -- reports ------------------------------------------------------------------------------

    async def _check(
        self, tx: Transaction, group: Sequence[Report]
    ) -> list[tuple[Service, BaseModel] | Refusal]:
        now = clock.now()
        speaks = await parties.speak_for(tx, [(one.reporter, one.subject, now) for one in group])
        return [
            self._read(one) if may else _not_yours(one)
            for one, may in zip(group, speaks, strict=True)
        ]

    def _read(self, report: Report) -> tuple[Service, BaseModel] | Refusal:
        try:
            service = self.catalog.get(report.service)
            return service, read_input(service, report.input)
        except Refused as refused:
            return refused.refusal

    async def _serve(
        self, tx: Transaction, wanted: Sequence[tuple[Report, Any]]
    ) -> list[Answer | Refusal]:
        now = clock.now()
        owned = await parties.ownerships_of(tx, [(report.subject, now) for report, _ in wanted])
        asks: dict[int, Ask] = {}
        answers: dict[int, Answer | Refusal] = {}
        for n, ((report, (service, given)), owner) in enumerate(zip(wanted, owned, strict=True)):
            if not service.instant:
                asks[n] = self._opening_for(report, service, given, owner), service
        # what an instant service remembers is locked in an order that all groups keep to
        for n in sorted(set(range(len(wanted))) - set(asks), key=lambda n: wanted[n][0].subject):
            report, (service, given) = wanted[n]
            answers[n] = await _at_once(tx, service, given, report)
        opened = await self._open(tx, list(asks.values()))
        for n, one in zip(asks, opened, strict=True):
            answers[n] = Answer(one.case_id, None)
        return [answers[n] for n in range(len(wanted))]

    def _opening(
        self, service: Service, given: BaseModel, subject: str, owned: Ownership | None
    ) -> Any:
        identity = problem_identity(service, given)

        def make(**rest: Any) -> Opening:
            return Opening(
                subject=subject,
                key=problem_key(service, identity),
                identity=identity,
                service=service.name,
                version=service.version,
                title=service.title,
                input=given.model_dump(mode="json"),
                owner_id=owned.owner_id if owned else None,
                promises=service.promise.spans(),
                zone=self.zone if service.promise.business_hours else None,
                safety=service.safety,
                **rest,
            )

        return make

    def _opening_for(
        self, report: Report, service: Service, given: BaseModel, owned: Ownership | None
    ) -> Opening:
        began, _ = signals.trusted_time(report.at, clock.now())
        opening: Opening = self._opening(service, given, report.subject, owned)(
            origin="report",
            reporter=report.reporter,
            event_id=report.event_id,
            at=began,
        )
        return opening


def _sample(one: Stored) -> Sample:
    return Sample(one.machine, one.at, one.received_at, one.trusted, one.values, one.codes)


async def expire_questions(tx: Transaction) -> int:
    """Questions that nobody answered in time are settled by their default."""
    return len(await decisions.expire(tx))


async def tell_broken_promises(tx: Transaction) -> int:
    """Promises whose time is over are broken, and staff are told."""
    broken = await cases.break_due_promises(tx)
    if broken:
        told = [(f"The promise of {one.name} is broken.", one.case_id) for one in broken]
        await _tell_staff(tx, "promise.broken", told)
    return len(broken)


async def _tell_staff(tx: Transaction, kind: str, told: Sequence[tuple[str, UUID | None]]) -> None:
    everybody = await parties.all_staff(tx)
    for words, case_id in told:
        for one in everybody:
            notices.tell(tx, Notice(Recipient.staff(one.id), kind, words, case_id))


async def _at_once(
    tx: Transaction, service: Service, given: BaseModel, report: Report
) -> Answer | Refusal:
    try:
        outcome = await journeys.answer_now(tx, service, given, report.subject, report.reporter)
    except Refused as refused:
        return refused.refusal
    return Answer(None, outcome)


def _not_yours(report: Report) -> Refusal:
    return refuse(
        "not_your_machine",
        f"{report.reporter} cannot speak for {report.subject[:64]}: they have no common owner",
        Recovery.CONTACT_US,
    ).refusal


def _in_order(
    group: Sequence[Report],
    checked: Sequence[Any],
    noted: dict[int, Answer | Refusal | None],
    final: dict[int, Answer | Refusal],
) -> list[Answer | Refusal]:
    """An answer a report; the twin of a report that came in the same group gets the same one."""
    by_event = {(group[n].reporter, group[n].event_id): answer for n, answer in final.items()}
    answers: list[Answer | Refusal] = []
    for n, one in enumerate(group):
        known = noted.get(n)
        if isinstance(checked[n], Refusal):
            answers.append(checked[n])
        elif isinstance(known, Refusal):
            answers.append(known)
        else:
            twin = by_event.get((one.reporter, one.event_id))
            answers.append(final.get(n) or twin or known or Answer(None, None))
    return answers
