"""What is to become a case, made of a finding or a report, without a look at the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from thingdesk import diagnosis, signals
from thingdesk.cases import OF_BEFORE, Opening, Report
from thingdesk.catalog import Catalog, Service, problem_identity, problem_key, read_input
from thingdesk.contact import CallBacks
from thingdesk.diagnosis import Finding, Rule
from thingdesk.parties import Ownership
from thingdesk.platform import clock
from thingdesk.platform.errors import FieldError, Refusal, Refused, refuse

Wanted = tuple[Service, BaseModel]
Ask = tuple[Opening, Service]


@dataclass(frozen=True, slots=True)
class Openings:
    """`catalog` and `rules` say what may be asked for, `zone` whose business hours count for
    promises, `meanings` are the words of trouble codes, `calls` when staff can call back.
    """

    catalog: Catalog
    rules: Mapping[str, Rule]
    zone: str
    meanings: Mapping[str, str]
    calls: CallBacks = field(default_factory=CallBacks)

    def read(self, report: Report) -> Wanted | Refusal:
        """The service and its input, or what is wrong with them."""
        try:
            service = self.catalog.get(report.service)
            return service, read_input(service, report.input)
        except Refused as refused:
            return refused.refusal

    def of_finding(self, finding: Finding, owned: Ownership | None) -> Ask:
        """What the finding's rule asks for. What was found before the present ownership began is
        asked for as of its beginning, with no time of before.
        """
        service = self.catalog.get(self.rules[finding.rule].service)
        seen = finding.as_of(owned.begins) if owned else finding
        given = asked(self.rules[finding.rule], service, seen)
        evidence = {
            "rule": finding.rule,
            "confidence": finding.confidence,
            "meaning": self.meanings.get(finding.about),
            **diagnosis.evidence_data(seen.evidence),
        }
        if owned and finding.evidence.until < owned.begins:
            evidence[OF_BEFORE] = True
        opening = self._make(
            (service, given),
            finding.machine,
            owned,
            reporter=finding.machine,
            event_id=f"{finding.rule}:{finding.about}:{finding.opened_at.isoformat()}",
            at=seen.opened_at,
            evidence=evidence,
        )
        return opening, service

    def key_of(self, finding: Finding) -> str:
        """The key of the problem that the finding's rule asks for. Raises as `asked` does."""
        rule = self.rules[finding.rule]
        service = self.catalog.get(rule.service)
        return problem_key(service, problem_identity(service, asked(rule, service, finding)))

    def of_report(self, report: Report, wanted: Wanted, owned: Ownership | None) -> Ask:
        """What the report asks for."""
        began, _ = signals.trusted_time(report.at, clock.now())
        opening = self._make(
            wanted,
            report.subject,
            owned,
            reporter=report.reporter,
            event_id=report.event_id,
            at=began,
            mandate_id=report.mandate_id,
            said=report.said,
            hops=report.hops,
        )
        return opening, wanted[0]

    def _make(
        self,
        wanted: Wanted,
        subject: str,
        owned: Ownership | None,
        *,
        reporter: str,
        event_id: str,
        at: datetime,
        evidence: dict[str, Any] | None = None,
        mandate_id: UUID | None = None,
        said: Mapping[str, Any] | None = None,
        hops: int = 0,
    ) -> Opening:
        service, given = wanted
        identity = problem_identity(service, given)
        return Opening(
            subject=subject,
            key=problem_key(service, identity),
            identity=identity,
            service=service.name,
            version=service.version,
            title=service.title,
            input=given.model_dump(mode="json"),
            owner_id=owned.owner_id if owned else None,
            origin="report" if evidence is None else "finding",
            reporter=reporter,
            event_id=event_id,
            at=at,
            promises=service.promise.spans(),
            zone=self.zone if service.promise.business_hours else None,
            safety=service.safety,
            evidence=evidence,
            owned_since=owned.begins if owned else None,
            mandate_id=mandate_id,
            said=said,
            hops=hops,
        )


def asked(rule: Rule, service: Service, finding: Finding) -> BaseModel:
    """The input of `service` that the rule makes from a finding. Raises what the rule raises,
    Refused, and TypeError.
    """
    given = rule.asks(finding)
    model: type[BaseModel] = service.input
    if isinstance(given, BaseModel) and not isinstance(given, model):
        raise TypeError(f"it makes {type(given).__name__}, and the input is {model.__name__}")
    return given if isinstance(given, BaseModel) else read_input(service, given)


def not_for(service: Service, kind: str | None) -> Refusal:
    """A service is for some kinds of machine, and the subject is of another."""
    kinds = ", ".join(sorted(service.kinds))
    mend = f"name a machine of kind {' or '.join(sorted(service.kinds))} as `subject`"
    return refuse(
        "not_for_this_machine",
        f"{service.name} is for {kinds}; the machine is of kind {kind}",
        fields=(FieldError("data.subject", f"is of kind {kind}", mend),),
    ).refusal
