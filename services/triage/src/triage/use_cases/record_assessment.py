"""Record what a member of the MDT found."""

from uuid import UUID

from homeward_kit.database import Tx
from triage.adapters.case_file import CaseFile, put_back, take_out
from triage.domain import commands
from triage.domain.events import Assessment
from triage.use_cases.version_check import VersionCheck


async def record_assessment(tx: Tx, case_id: UUID, check: VersionCheck, assessment: Assessment) -> CaseFile:
    file = await take_out(tx, case_id)
    check(file.case.version)
    outcome = commands.record_assessment(file.case, assessment)
    return await put_back(tx, file, outcome, "record_assessment")
