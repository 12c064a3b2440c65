"""Record that an agreed provider does not take the line after all."""

from care_package.domain import steps
from care_package.domain.codes import FallThroughReason
from care_package.domain.ids import LineId, PackageId
from care_package.domain.package import Package
from care_package.use_cases.commanding import VersionCheck, finish, open_package
from homeward_kit.database import Tx


async def fall_through(
    tx: Tx, package_id: PackageId, line_id: LineId, check: VersionCheck, reason: FallThroughReason
) -> Package:
    """Broker the line again."""
    opened = await open_package(tx, package_id, check)
    change = steps.fall_through(opened.package, line_id, reason.value, tx.now)
    return await finish(tx, "fall_through", opened, change)
