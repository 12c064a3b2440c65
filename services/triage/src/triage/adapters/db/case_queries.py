"""Lists of cases for reading: a page at a time, by case number."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping, select

from homeward_kit.database import Tx
from triage.adapters.db.tables import cases, decisions
from triage.domain.case import CaseState


@dataclass(frozen=True)
class CaseFilter:
    referral_id: UUID | None = None
    state: CaseState | None = None


async def list_cases(tx: Tx, wanted: CaseFilter, *, limit: int, after: UUID | None) -> list[RowMapping]:
    """Cases with the pathway last decided."""
    of_case = select(decisions.c.pathway).where(decisions.c.case_id == cases.c.case_id).correlate(cases)
    newest = of_case.order_by(decisions.c.number.desc()).limit(1).scalar_subquery()
    query = select(cases, newest.label("pathway"))
    if wanted.referral_id is not None:
        query = query.where(cases.c.referral_id == wanted.referral_id)
    if wanted.state is not None:
        query = query.where(cases.c.state == wanted.state)
    if after is not None:
        query = query.where(cases.c.case_id > after)
    rows = await tx.execute(query.order_by(cases.c.case_id).limit(limit))
    return list(rows.mappings())
