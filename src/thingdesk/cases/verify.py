from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.cases import store
from thingdesk.cases import verification_store as proofs
from thingdesk.cases.events import RecoveryNotProven, RecoveryProven, VerificationBegun
from thingdesk.cases.model import Case, Move, State, after
from thingdesk.cases.recovery import Criterion, Progress, Sample, observe
from thingdesk.cases.verification_store import Verification
from thingdesk.platform import clock, durable, ids
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def begin_verification(
    tx: Transaction, case: Case, criterion: Criterion, since: datetime, run_id: UUID
) -> tuple[UUID, str]:
    """Let the subject's signals of after `since` count as proof for the case; see `recovery`.

    Returns the verification and the key under which the run hears that recovery is proven.
    """
    verification_id = ids.new()
    key = f"verified:{verification_id}"
    progress = Progress(begun=since)
    await proofs.insert(
        tx,
        Verification(
            verification_id,
            case.id,
            case.subject,
            run_id,
            key,
            criterion,
            progress,
            clock.now(),
            None,
            None,
        ),
    )
    await store.set_state(tx, case.id, after(case.state, Move.BEGIN_VERIFYING))
    event = VerificationBegun(str(verification_id), since.isoformat(), criterion.as_data())
    append(tx, f"case:{case.id}", event)
    return verification_id, key


async def prove(tx: Transaction, samples: Sequence[Sample]) -> list[UUID]:
    """Hold committed observations against the running verifications of their subjects.

    The journey of each proven one is told. Returns the cases whose recovery is proven.
    """
    by_subject: dict[str, list[Sample]] = {}
    for sample in samples:
        by_subject.setdefault(sample.subject, []).append(sample)
    running = await proofs.running(tx, sorted(by_subject))
    changed: list[tuple[UUID, Progress]] = []
    proven: list[UUID] = []
    for one in running:
        progress = one.progress
        for sample in sorted(by_subject[one.subject], key=lambda sample: sample.time):
            progress = observe(one.criterion, progress, sample)
        if progress == one.progress:
            continue
        changed.append((one.id, progress))
        if progress.proven:
            proven.append(one.case_id)
            append(tx, f"case:{one.case_id}", RecoveryProven(str(one.id), progress.as_data()))
            durable.send(tx, one.run_id, one.key, progress.as_data())
    if changed:
        await proofs.save(tx, changed, clock.now())
    return proven


async def resume_work(tx: Transaction, case_id: UUID) -> None:
    """No proof is waited for any more: the case is its journey's again, which was not withdrawn."""
    await store.set_state(tx, case_id, after(State.VERIFYING, Move.RESUME_WORK))


async def give_up_verification(tx: Transaction, verification_id: UUID) -> bool:
    """The time for the proof is over. True when a proof came in the same moment: it stands."""
    given_up = await proofs.give_up(tx, verification_id, clock.now())
    if given_up:
        event = RecoveryNotProven(str(given_up.id), given_up.progress.as_data())
        append(tx, f"case:{given_up.case_id}", event)
    return given_up is None


async def give_up_verifications(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    """Seek no proof for these cases any more: they are about to be withdrawn."""
    await proofs.give_up_of(tx, case_ids, clock.now())
