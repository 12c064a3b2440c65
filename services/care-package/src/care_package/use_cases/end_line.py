"""Record that care is over."""

from care_package.domain import steps
from care_package.domain.codes import EndReason
from care_package.domain.ids import LineId, PackageId
from care_package.domain.package import Package
from care_package.use_cases.commanding import VersionCheck, finish, open_package
from homeward_kit.database import Tx


async def end_line(tx: Tx, package_id: PackageId, line_id: LineId, check: VersionCheck, reason: EndReason) -> Package:
    """End a started line."""
    opened = await open_package(tx, package_id, check)
    change = steps.end_line(opened.package, line_id, reason.value)
    return await finish(tx, "end_line", opened, change)
