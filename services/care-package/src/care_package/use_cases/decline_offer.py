"""Record that a provider does not take a line."""

from care_package.domain import steps
from care_package.domain.codes import DeclineReason
from care_package.domain.ids import OfferId, ProviderId
from care_package.domain.offer import Answer
from care_package.domain.package import Package
from care_package.use_cases.commanding import VersionCheck, finish, open_package, package_of
from homeward_kit.database import Tx


async def decline_offer(
    tx: Tx, offer_id: OfferId, check: VersionCheck, *, reason: DeclineReason, only_for: ProviderId | None
) -> Package:
    """Ask the next provider; `only_for` is the provider that answers for itself."""
    opened = await open_package(tx, await package_of(tx, offer_id, only_for), check)
    change = steps.decline_offer(opened.package, offer_id, Answer(tx.now, reason=reason.value))
    return await finish(tx, "decline_offer", opened, change)
