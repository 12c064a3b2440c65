"""Follow the facts: take in what is new about a person, then bring each of their cases in line."""

from uuid import UUID

from homeward_kit import audit
from homeward_kit.database import Tx
from triage.adapters.case_file import keep
from triage.adapters.db.cases import load_case
from triage.adapters.db.facts import learn, load_journeys
from triage.domain.facts import News
from triage.domain.reconcile import case_id_of, reconcile


async def follow_facts(tx: Tx, patient_key: UUID, news: News | None = None) -> None:
    """With news: what it changes. Without: what the passing of time changes. The person is locked by the caller."""
    if news is not None:
        await learn(tx, news)
    for facts in await load_journeys(tx, patient_key):
        before = await load_case(tx, case_id_of(facts.referral.referral_id))
        case, happened = reconcile(facts, before, tx.now)
        if case is None:
            continue
        await keep(tx, facts, before, (case, happened))
        if happened:
            await audit.record(
                tx, "follow_facts", f"case/{case.case_id}", patient_key=case.patient_key, outcome=case.state
            )
