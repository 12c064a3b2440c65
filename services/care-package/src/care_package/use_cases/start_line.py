"""Record that care has begun."""

from datetime import datetime

from care_package.domain import steps
from care_package.domain.ids import LineId, PackageId
from care_package.domain.package import Package
from care_package.use_cases.commanding import VersionCheck, finish, open_package
from homeward_kit.database import Tx


async def start_line(
    tx: Tx, package_id: PackageId, line_id: LineId, check: VersionCheck, started_at: datetime | None
) -> Package:
    """Start an agreed line; now, unless a time is given."""
    opened = await open_package(tx, package_id, check)
    change = steps.start_line(opened.package, line_id, started_at or tx.now, tx.now)
    return await finish(tx, "start_line", opened, change)
