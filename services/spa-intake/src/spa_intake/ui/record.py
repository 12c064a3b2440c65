"""Everything the page of a referral shows, gathered at once from the read model and the owning services."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from spa_intake.read_model import staff_sessions, timeline, worklist
from spa_intake.read_model.timeline import Entry
from spa_intake.read_model.worklist import JourneyRow

from .actions import About
from .context import SignedIn
from .owners import CARE_PACKAGE, INTAKE, MONITOR, TRIAGE, Part


@dataclass(frozen=True)
class Record:
    """`parts` that are down say so on the page; what the read model knows is shown all the same."""

    row: JourneyRow
    others: Sequence[JourneyRow]
    entries: Sequence[Entry]
    staff_names: Mapping[UUID, str]
    person: Part
    referral: Part
    case: Part
    package: Part
    watch: Part
    notes: Part
    content: Part
    criteria: Part

    def resource(self, about: About) -> Mapping[str, Any] | None:  # Any: JSON
        """What an action changes, as its service gives it."""
        found = {About.REFERRAL: self.referral, About.CASE: self.case, About.PACKAGE: self.package}[about]
        return found.data if isinstance(found.data, dict) else None


async def load(user: SignedIn, referral_id: UUID) -> Record | None:
    """The record, or nothing where the read model has no such journey."""
    async with user.ui.parts.database.transaction() as tx:
        row = await worklist.one(tx, referral_id)
        if row is None:
            return None
        others = await worklist.others_of_person(tx, row)
        entries = await timeline.of_journey(tx, row)
        names = await staff_sessions.names(tx, _staff_in(row, entries))
    about = {"referral_id": str(referral_id)}
    person, referral, case, package, watch, notes, content, criteria = await asyncio.gather(
        user.ui.owners.read(user.staff, INTAKE, f"/api/v1/people/{row.patient_key}"),
        user.ui.owners.read(user.staff, INTAKE, f"/api/v1/referrals/{referral_id}"),
        newest(user, TRIAGE, "/api/v1/cases", about),
        newest(user, CARE_PACKAGE, "/api/v1/packages", about),
        newest(user, MONITOR, "/api/v1/watches", about),
        user.ui.owners.read(user.staff, INTAKE, "/api/v1/notes", about),
        user.ui.owners.read(user.staff, INTAKE, f"/api/v1/referrals/{referral_id}/content"),
        user.ui.owners.read(user.staff, INTAKE, f"/api/v1/referrals/{referral_id}/criteria"),
    )
    return Record(row, others, entries, names, person, referral, case, package, watch, notes, content, criteria)


async def newest(user: SignedIn, service: str, path: str, about: Mapping[str, str]) -> Part:
    """The thing itself behind a list of at most a few: the last of those that are still live, else the last."""
    part = await user.ui.owners.read(user.staff, service, path, about)
    items = (part.data or {}).get("items", [])
    if part.is_down or not items:
        return Part(is_down=part.is_down)
    live = [item for item in items if item["state"] not in {"ended", "cancelled", "closed", "void"}]
    chosen = (live or items)[-1]
    identifier = next(chosen[name] for name in ("case_id", "package_id", "watch_id") if name in chosen)
    return await user.ui.owners.read(user.staff, service, f"{path}/{identifier}")


def _staff_in(row: JourneyRow, entries: Sequence[Entry]) -> list[UUID]:
    ids = {entry.actor.partition("/")[2] for entry in entries if entry.actor.startswith("staff/")}
    ids |= {entry.details["assignee"] for entry in entries if entry.details.get("assignee")}
    return [*(UUID(identifier) for identifier in ids), *([row.assignee] if row.assignee else [])]
