"""Cases: loaded whole, saved at the version they were loaded with."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update

from homeward_kit.database import Tx
from triage.adapters.db.tables import assessments, cases, decisions, kind_policy
from triage.domain.case import Case, CaseState
from triage.domain.codes import Role, Service
from triage.domain.events import Assessment, Decision, LineSpec, PackageLine
from triage.domain.quorum import Quorum


class StaleCaseError(Exception):
    """Somebody saved the case since it was loaded: the person's lock was not held."""


async def patient_of(tx: Tx, case_id: UUID) -> UUID | None:
    """Whose case it is; it never changes."""
    query = select(cases.c.patient_key).where(cases.c.case_id == case_id)
    key: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return key


async def load_case(tx: Tx, case_id: UUID) -> Case | None:
    """A case with its assessments and decisions."""
    row = (await tx.execute(select(cases).where(cases.c.case_id == case_id))).mappings().one_or_none()
    if row is None:
        return None
    found = await tx.execute(select(assessments).where(assessments.c.case_id == case_id).order_by(assessments.c.number))
    decided = await tx.execute(select(decisions).where(decisions.c.case_id == case_id).order_by(decisions.c.number))
    parts = {
        "state": CaseState(row["state"]),
        "assessments": tuple(_assessment(each) for each in found.mappings()),
        "decisions": tuple(_decision(each) for each in decided.mappings()),
    }
    return Case(**{**row, **parts})


async def save_case(tx: Tx, before: Case | None, after: Case) -> None:
    """Save what changed. Raises StaleCaseError if the case is no longer as it was loaded."""
    row = {name: value for name, value in vars(after).items() if name in cases.c}
    if before is None:
        await tx.execute(insert(cases).values(row))
    else:
        as_loaded = (cases.c.case_id == after.case_id) & (cases.c.version == before.version)
        if (await tx.execute(update(cases).where(as_loaded).values(row))).rowcount != 1:
            raise StaleCaseError
    known_assessments, known_decisions = (len(before.assessments), len(before.decisions)) if before else (0, 0)
    for number, assessment in enumerate(after.assessments[known_assessments:], start=known_assessments + 1):
        values = asdict(assessment) | {"case_id": after.case_id, "number": number}
        await tx.execute(insert(assessments).values(values | {"findings": list(assessment.findings)}))
    for decision in after.decisions[known_decisions:]:
        await tx.execute(insert(decisions).values(_decision_row(after.case_id, decision)))


async def load_policy(tx: Tx, kind: str) -> dict[int, Quorum]:
    """The quorum of each pathway for a kind of referral; empty for a kind that triage does not decide yet."""
    rows = await tx.execute(select(kind_policy).where(kind_policy.c.kind == kind).order_by(kind_policy.c.pathway))
    return {
        row["pathway"]: Quorum(tuple(frozenset(Role(role) for role in group) for group in row["quorum"]))
        for row in rows.mappings()
    }


def _assessment(row: RowMapping) -> Assessment:
    return Assessment(
        assessment_id=row["assessment_id"],
        role=Role(row["role"]),
        findings=tuple(row["findings"]),
        note_id=row["note_id"],
        by=row["by"],
        assessed_at=row["assessed_at"],
    )


def _decision_row(case_id: UUID, decision: Decision) -> dict[str, Any]:  # Any: values of a row
    lines = [{"line_id": str(line.line_id), **vars(line.spec)} for line in decision.lines]
    lists = {name: list(getattr(decision, name)) for name in ("rules_fired", "participants")}
    return {**vars(decision), **lists, "lines": lines, "case_id": case_id}


def _decision(row: RowMapping) -> Decision:
    values = {name: value for name, value in row.items() if name != "case_id"}
    return Decision(
        **{
            **values,
            "rules_fired": tuple(row["rules_fired"]),
            "participants": tuple(Role(role) for role in row["participants"]),
            "lines": tuple(_line(line) for line in row["lines"]),
        }
    )


def _line(stored: Mapping[str, Any]) -> PackageLine:  # Any: JSON
    spec = {name: value for name, value in stored.items() if name not in {"line_id", "service"}}
    return PackageLine(UUID(stored["line_id"]), LineSpec(service=Service(stored["service"]), **spec))
