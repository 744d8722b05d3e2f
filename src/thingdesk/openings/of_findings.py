"""What findings ask for. A rule is an author's code, and may fail."""

import logging
from collections.abc import Sequence

from thingdesk import journeys, parties
from thingdesk.diagnosis import Finding
from thingdesk.openings.make import Ask, Openings, not_for
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refusal

_log = logging.getLogger(__name__)


async def asked_by(
    tx: Transaction, openings: Openings, findings: Sequence[Finding]
) -> dict[Finding, Ask]:
    """What findings ask for, for owners who stay the owners until `tx` ends. A finding whose
    rule no pack brings any more asks for nothing.
    """
    now = clock.now()
    findings = [one for one in findings if one.rule in openings.rules]
    kinds = await parties.hold(tx, [one.machine for one in findings])
    owned = await parties.ownerships_of(tx, [(one.machine, now) for one in findings])
    asks: dict[Finding, Ask] = {}
    for finding, owner in zip(findings, owned, strict=True):
        try:
            ask = openings.of_finding(finding, owner)
            if ask[1].is_for(kind := kinds.get(finding.machine)):
                asks[finding] = ask
            else:
                await _unfit(tx, finding, not_for(ask[1], kind))
        # a mistake in one rule must not keep the signals of all machines from diagnosis
        except Exception as error:  # noqa: BLE001 - whatever the author wrote there
            _log.exception("rule %s found something and could not ask for it", finding.rule)
            words = f"Rule {finding.rule} found something on {finding.machine}: {error}"
            cause = f"{finding.rule} {type(error).__name__}"
            await journeys.note_mistake(tx, "rule.failed", cause, words)
    return asks


async def _unfit(tx: Transaction, finding: Finding, why: Refusal) -> None:
    words = f"Rule {finding.rule} found something on {finding.machine}: {why.reason}."
    await journeys.note_mistake(tx, "rule.failed", f"{finding.rule} {why.code}", words)


def key_of(openings: Openings, finding: Finding) -> str | None:
    """The key of the problem that a finding is about, if its rule can say so."""
    if finding.rule not in openings.rules:
        return None
    try:
        return openings.key_of(finding)
    # a mistake in one rule must not keep a machine's page from staff; they are told of it
    # where the rule asks for something
    except Exception:  # noqa: BLE001 - whatever the author's code raises
        _log.exception("rule %s cannot say what it asks for", finding.rule)
        return None
