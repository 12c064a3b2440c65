"""Record that a provider takes a line, or confirms that it still does."""

from datetime import date

from care_package.domain import steps
from care_package.domain.ids import OfferId, ProviderId
from care_package.domain.offer import Answer
from care_package.domain.package import Package
from care_package.use_cases.commanding import VersionCheck, finish, open_package, package_of
from homeward_kit.database import Tx


async def accept_offer(
    tx: Tx, offer_id: OfferId, check: VersionCheck, *, start_on: date | None, only_for: ProviderId | None
) -> Package:
    """Agree the line; `only_for` is the provider that answers for itself."""
    opened = await open_package(tx, await package_of(tx, offer_id, only_for), check)
    change = steps.accept_offer(opened.package, offer_id, Answer(tx.now, start_on=start_on))
    return await finish(tx, "accept_offer", opened, change)
