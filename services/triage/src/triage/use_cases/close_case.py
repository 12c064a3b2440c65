"""Close a case that does not suit this service; spa-intake then closes the referral."""

from uuid import UUID

from homeward_kit.database import Tx
from triage.adapters.case_file import CaseFile, put_back, take_out
from triage.domain import commands
from triage.domain.codes import CloseReason
from triage.use_cases.version_check import VersionCheck


async def close_case(tx: Tx, case_id: UUID, check: VersionCheck, reason: CloseReason) -> CaseFile:
    file = await take_out(tx, case_id)
    check(file.case.version)
    return await put_back(tx, file, commands.close(file.case, reason, tx.now), "close_case")
