"""Record the pathway that the MDT decided."""

from uuid import UUID

from homeward_kit.database import Tx
from triage.adapters.case_file import CaseFile, put_back, take_out
from triage.domain import commands
from triage.use_cases.version_check import VersionCheck


async def decide_pathway(tx: Tx, case_id: UUID, check: VersionCheck, order: commands.DecisionOrder) -> CaseFile:
    file = await take_out(tx, case_id)
    check(file.case.version)
    outcome = commands.decide(file.case, file.facts, order, file.policy, tx.now)
    return await put_back(tx, file, outcome, "decide_pathway")
