"""Have the MDT look again at what it decided."""

from uuid import UUID

from homeward_kit.database import Tx
from triage.adapters.case_file import CaseFile, put_back, take_out
from triage.domain import commands
from triage.domain.codes import ReopenReason
from triage.use_cases.version_check import VersionCheck


async def reopen_case(tx: Tx, case_id: UUID, check: VersionCheck, reason: ReopenReason) -> CaseFile:
    file = await take_out(tx, case_id)
    check(file.case.version)
    return await put_back(tx, file, commands.reopen(file.case, reason), "reopen_case")
