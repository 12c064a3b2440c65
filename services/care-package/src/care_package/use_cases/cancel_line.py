"""Record that a line which has not started is not needed."""

from care_package.domain import steps
from care_package.domain.codes import CancelReason
from care_package.domain.ids import LineId, PackageId
from care_package.domain.package import Package
from care_package.use_cases.commanding import VersionCheck, finish, open_package
from homeward_kit.database import Tx


async def cancel_line(
    tx: Tx, package_id: PackageId, line_id: LineId, check: VersionCheck, reason: CancelReason
) -> Package:
    """Cancel the line and withdraw its offers."""
    opened = await open_package(tx, package_id, check)
    change = steps.cancel_line(opened.package, line_id, reason.value, tx.now)
    return await finish(tx, "cancel_line", opened, change)
