"""Record that a provider gives back care it had started."""

from care_package.domain import steps
from care_package.domain.codes import HandBackReason
from care_package.domain.ids import LineId, PackageId
from care_package.domain.package import Package
from care_package.use_cases.commanding import VersionCheck, finish, open_package
from homeward_kit.database import Tx


async def hand_back(
    tx: Tx, package_id: PackageId, line_id: LineId, check: VersionCheck, reason: HandBackReason
) -> Package:
    """Broker the line again, or end it where the referral has stopped."""
    opened = await open_package(tx, package_id, check)
    change = steps.hand_back(opened.package, line_id, reason.value, is_stopped=opened.facts.stop is not None)
    return await finish(tx, "hand_back", opened, change)
