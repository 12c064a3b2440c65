"""Set the date by which the person is to go home."""

from datetime import date
from uuid import UUID

from homeward_kit.database import Tx
from triage.adapters.case_file import CaseFile, put_back, take_out
from triage.domain import commands
from triage.domain.codes import TargetReason
from triage.use_cases.version_check import VersionCheck


async def set_target(tx: Tx, case_id: UUID, check: VersionCheck, target_on: date, reason: TargetReason) -> CaseFile:
    file = await take_out(tx, case_id)
    check(file.case.version)
    outcome = commands.set_target(file.case, target_on, reason, tx.now)
    return await put_back(tx, file, outcome, "set_target")
