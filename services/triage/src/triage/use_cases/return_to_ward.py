"""Ask the ward for what is missing."""

from uuid import UUID

from homeward_kit.database import Tx
from triage.adapters.case_file import CaseFile, put_back, take_out
from triage.domain import commands
from triage.domain.codes import Missing
from triage.use_cases.version_check import VersionCheck


async def return_to_ward(tx: Tx, case_id: UUID, check: VersionCheck, missing: tuple[Missing, ...]) -> CaseFile:
    file = await take_out(tx, case_id)
    check(file.case.version)
    outcome = commands.return_to_ward(file.case, file.facts, missing)
    return await put_back(tx, file, outcome, "return_to_ward")
