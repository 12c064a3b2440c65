"""Ask everyone again for a line that nobody took."""

from care_package.domain import steps
from care_package.domain.ids import LineId, PackageId
from care_package.domain.package import Package
from care_package.use_cases.commanding import VersionCheck, finish, open_package
from homeward_kit.database import Tx


async def resume_line(tx: Tx, package_id: PackageId, line_id: LineId, check: VersionCheck) -> Package:
    """Broker an unfilled line again."""
    opened = await open_package(tx, package_id, check)
    change = steps.resume_line(opened.package, line_id)
    return await finish(tx, "resume_line", opened, change)
