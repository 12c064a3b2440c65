"""What commands share: lock the person, load the package, check the version that was seen, then act and finish."""

from collections.abc import Callable
from dataclasses import dataclass

from care_package.adapters.db import packages
from care_package.domain.errors import OfferNotFound, PackageNotFound
from care_package.domain.facts import Facts
from care_package.domain.ids import OfferId, PackageId, ProviderId
from care_package.domain.package import Change, Package
from care_package.use_cases.bringing_up_to_date import bring_up_to_date, facts_of
from homeward_kit import audit
from homeward_kit.database import Tx

VersionCheck = Callable[[int], None]  # raises where the caller saw another version


@dataclass(frozen=True, slots=True)
class OpenPackage:
    """A package under its person's lock, with the facts it depends on."""

    package: Package
    facts: Facts


async def open_package(tx: Tx, package_id: PackageId, check: VersionCheck) -> OpenPackage:
    """Lock and load; raises PackageNotFound, and whatever `check` raises."""
    patient_key = await packages.person_of_package(tx, package_id)
    if patient_key is None:
        raise PackageNotFound
    known = await facts_of(tx, patient_key)
    package = await packages.load(tx, package_id)
    if package is None:
        raise PackageNotFound
    check(package.version)
    facts = next(each for each in known if each.referral.referral_id == package.referral_id)
    return OpenPackage(package, facts)


async def package_of(tx: Tx, offer_id: OfferId, only_for: ProviderId | None) -> PackageId:
    """The package of an offer; a provider finds its own only."""
    found = await packages.package_of_offer(tx, offer_id)
    if found is None or only_for not in {None, found[1]}:
        raise OfferNotFound
    return found[0]


async def finish(tx: Tx, action: str, opened: OpenPackage, change: Change) -> Package:
    """Store what the command did and what follows from it; returns the package as it is now."""
    package = opened.package
    brought = await bring_up_to_date(tx, package.patient_key, change)
    await audit.record(tx, action, f"package/{package.package_id}", patient_key=package.patient_key)
    after = next((each.after for each in brought if each.facts.referral.referral_id == package.referral_id), None)
    return after if after is not None and after.package_id == package.package_id else package
