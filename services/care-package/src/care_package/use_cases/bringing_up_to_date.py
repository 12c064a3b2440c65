"""How every use case ends: packages follow the facts, offers go out, events, timers and rows are stored together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from care_package.adapters.db import facts as facts_rows
from care_package.adapters.db import packages, providers
from care_package.adapters.events.translate import to_published
from care_package.domain.facts import Facts
from care_package.domain.ids import PatientKey
from care_package.domain.offering import send_offers, services_to_offer
from care_package.domain.package import Change, EventKind, Package, PackageEvent
from care_package.domain.reconcile import Outcome, hospital_deadline, reconcile
from care_package.settings import policy
from homeward_kit.database import Tx
from homeward_kit.timers import cancel_timer, set_timer

OFFER_DEADLINE = "offer_deadline"
HOSPITAL_LIMIT = "hospital_limit"


@dataclass(frozen=True, slots=True)
class Brought:
    """A referral's package before and after."""

    facts: Facts
    before: Package | None
    after: Package | None


async def facts_of(tx: Tx, patient_key: PatientKey) -> list[Facts]:
    """The facts of each of a person's referrals; the person is locked first."""
    await tx.lock(patient_key)
    stays = await facts_rows.stays_of(tx, patient_key)
    return [
        Facts(referral, await facts_rows.load_person(tx, referral.patient_key), stays)
        for referral in await facts_rows.referrals_of(tx, patient_key)
    ]


async def bring_up_to_date(tx: Tx, patient_key: PatientKey, change: Change | None = None) -> list[Brought]:
    """Reconcile every package of a person with the facts; `change` is what a command did to one of them."""
    loaded = []
    for known in await facts_of(tx, patient_key):
        before = await packages.newest_of(tx, known.referral.referral_id)
        loaded.append((known, before, _reconciled(tx, known, before, change)))
    wanted = frozenset[str]().union(*(services_to_offer(outcome.package) for _, _, outcome in loaded))
    locked = await providers.lock_for(tx, wanted) if wanted else []
    brought = []
    for known, before, outcome in loaded:
        # read again for each package: the one before may have taken a place
        market = await providers.load_market(tx, locked) if services_to_offer(outcome.package) else []
        after = outcome.package
        events = outcome.events
        if after is not None:
            sent = send_offers(after, market, tx.now, policy())
            after, events = sent.package, (*events, *sent.events)
            after = await _store(tx, before, after, events)
        brought.append(Brought(known, before, after))
    return brought


def _reconciled(tx: Tx, known: Facts, before: Package | None, change: Change | None) -> Outcome:
    if change is None or before is None or change.package.package_id != before.package_id:
        return reconcile(known, before, tx.now, policy())
    outcome = reconcile(known, change.package, tx.now, policy())
    return replace(outcome, events=(*change.events, *outcome.events))


async def _store(tx: Tx, before: Package | None, after: Package, events: Sequence[PackageEvent]) -> Package:
    """Save what changed, with its events and timers; a change nobody is told of has a version of its own too."""
    is_new = before is None or before.package_id != after.package_id
    if before == after:
        return after
    if not is_new and before is not None and before.version == after.version:
        after = replace(after, version=after.version + 1)
    await packages.save(tx, after, None if is_new or before is None else before.version)
    for event in events:
        await tx.publish(
            to_published(event),
            key=after.patient_key,
            subject=f"package/{after.package_id}",
            version=event.package.version,
            referral_id=after.referral_id,
        )
    await _set_timers(tx, after, events)
    return after


async def _set_timers(tx: Tx, package: Package, events: Sequence[PackageEvent]) -> None:
    for event in events:
        if event.offer is None:
            continue
        if event.kind is EventKind.OFFER_SENT:
            due_at = event.offer.respond_by
            await set_timer(tx, OFFER_DEADLINE, event.offer.offer_id, key=package.patient_key, due_at=due_at)
        else:
            await cancel_timer(tx, OFFER_DEADLINE, event.offer.offer_id)
    deadline = hospital_deadline(package, policy())
    if deadline is None:
        await cancel_timer(tx, HOSPITAL_LIMIT, package.package_id)
    else:
        await set_timer(tx, HOSPITAL_LIMIT, package.package_id, key=package.patient_key, due_at=deadline)
