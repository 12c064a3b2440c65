"""A case with its facts: taken out under the person's lock, put back with its events, timer and audit entry."""

from dataclasses import dataclass
from uuid import UUID

from homeward_kit import audit, telemetry, timers
from homeward_kit.database import Tx
from triage.adapters.db.cases import load_case, load_policy, patient_of, save_case
from triage.adapters.db.facts import load_journey
from triage.adapters.events.telling import publish
from triage.domain.case import Case, Happened, Outcome
from triage.domain.facts import JourneyFacts
from triage.domain.quorum import Quorum
from triage.domain.refusals import CaseNotFound
from triage.domain.target import overdue_at

CASE_OVERDUE = "case_overdue"


@dataclass(frozen=True)
class CaseFile:
    """What a decision about a case is made from."""

    case: Case
    facts: JourneyFacts
    policy: dict[int, Quorum]


async def take_out(tx: Tx, case_id: UUID, *, is_read_only: bool = False) -> CaseFile:
    """The case as it now is. Refuses with CaseNotFound; holds the person's lock unless it is only read."""
    patient_key = await patient_of(tx, case_id)
    if patient_key is None:
        raise CaseNotFound
    if not is_read_only:
        await tx.lock(patient_key)
    case = await load_case(tx, case_id)
    if case is None:
        raise CaseNotFound
    telemetry.set_referral(case.referral_id)
    return CaseFile(case, await load_journey(tx, case.referral_id), await load_policy(tx, case.kind))


async def put_back(tx: Tx, file: CaseFile, outcome: Outcome, action: str) -> CaseFile:
    """Save what a command did."""
    await keep(tx, file.facts, file.case, (outcome.case, outcome.happened))
    await audit.record(
        tx, action, f"case/{outcome.case.case_id}", patient_key=outcome.case.patient_key, outcome=outcome.case.state
    )
    return CaseFile(outcome.case, file.facts, file.policy)


async def keep(tx: Tx, facts: JourneyFacts, before: Case | None, result: tuple[Case, tuple[Happened, ...]]) -> None:
    """Save the case if anything happened to it, tell it, and set the timer of its target date."""
    case, happened = result
    if happened:
        await save_case(tx, before, case)
    for each in happened:
        await publish(tx, each)
    due_at = overdue_at(case, facts)
    if due_at is None:
        await timers.cancel_timer(tx, CASE_OVERDUE, case.case_id)
    else:
        await timers.set_timer(tx, CASE_OVERDUE, case.case_id, key=case.patient_key, due_at=due_at)
