"""Packages as rows, with their lines and offers; a stale write is refused."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from care_package.domain.facts import Hold, LineSpec
from care_package.domain.ids import LineId, OfferId, PackageId, PatientKey, ProviderId, ReferralId
from care_package.domain.line import Line, LineState
from care_package.domain.offer import Offer, OfferState
from care_package.domain.package import Package
from homeward_kit.database import Tx

Row = Any  # a row of text SQL: its columns are named in the statement


class StalePackageError(Exception):
    """Somebody saved the package since it was loaded: the person's lock was not held."""


async def person_of_package(tx: Tx, package_id: PackageId) -> PatientKey | None:
    """Whose package it is, which never changes: so that the person can be locked before it is loaded."""
    found = await tx.execute("SELECT patient_key FROM packages WHERE package_id = :id", {"id": package_id})
    return found.scalar_one_or_none()


async def package_of_offer(tx: Tx, offer_id: OfferId) -> tuple[PackageId, ProviderId] | None:
    """Which package an offer belongs to and who got it; neither ever changes."""
    found = await tx.execute("SELECT package_id, provider_id FROM offers WHERE offer_id = :id", {"id": offer_id})
    row = found.one_or_none()
    return (PackageId(row.package_id), ProviderId(row.provider_id)) if row else None


async def newest_of(tx: Tx, referral_id: ReferralId) -> Package | None:
    """The package of a referral's newest decision that opened one."""
    return await _load(tx, "referral_id = :id ORDER BY opened_decision DESC LIMIT 1", {"id": referral_id})


async def load(tx: Tx, package_id: PackageId) -> Package | None:
    """A package by its id."""
    return await _load(tx, "package_id = :id", {"id": package_id})


async def _load(tx: Tx, which: str, values: dict[str, object]) -> Package | None:
    row = (await tx.execute(f"SELECT * FROM packages WHERE {which}", values)).one_or_none()  # noqa: S608 — ours
    if row is None:
        return None
    given = {"id": row.package_id}
    offers = list(await tx.execute("SELECT * FROM offers WHERE package_id = :id ORDER BY wave, offer_id", given))
    lines = await tx.execute(
        "SELECT * FROM package_lines WHERE package_id = :id ORDER BY position",
        given,
    )
    return Package(
        package_id=PackageId(row.package_id),
        referral_id=ReferralId(row.referral_id),
        patient_key=PatientKey(row.patient_key),
        kind=row.kind,
        opened_decision=row.opened_decision,
        decision=row.decision,
        pathway=row.pathway,
        target_on=row.target_on,
        outward_postcode=row.outward_postcode,
        age_band=row.age_band,
        opened_at=row.opened_at,
        lines=tuple(_line(line, offers) for line in lines),
        holds=frozenset(Hold(hold) for hold in row.holds),
        in_hospital_since=row.in_hospital_since,
        version=row.version,
    )


def _line(row: Row, offers: Iterable[Row]) -> Line:
    return Line(
        line_id=LineId(row.line_id),
        spec=LineSpec(row.service, row.visits_per_day, row.minutes_per_visit, row.carers_per_visit, row.days_per_week),
        wanted=LineSpec(**row.wanted) if row.wanted else None,
        state=LineState(row.state),
        round=row.round,
        left_by=row.left_by,
        agreed_offer_id=row.agreed_offer_id,
        agreed_at=row.agreed_at,
        is_confirmed=row.is_confirmed,
        started_at=row.started_at,
        start_on=row.start_on,
        reason=row.reason,
        offers=tuple(_offer(offer) for offer in offers if offer.line_id == row.line_id),
    )


def _offer(row: Row) -> Offer:
    return Offer(
        offer_id=OfferId(row.offer_id),
        line_id=LineId(row.line_id),
        provider_id=ProviderId(row.provider_id),
        round=row.round,
        wave=row.wave,
        sent_at=row.sent_at,
        respond_by=row.respond_by,
        because=tuple(row.because),
        is_reconfirmation=row.is_reconfirmation,
        state=OfferState(row.state),
        answered_at=row.answered_at,
        reason=row.reason,
    )


async def save(tx: Tx, package: Package, loaded_version: int | None) -> None:
    """Store a package; `loaded_version` is the one it was loaded with, None for a new one."""
    saved = await tx.execute(
        _UPDATE if loaded_version is not None else _INSERT, _package_values(package, loaded_version)
    )
    if saved.rowcount != 1:
        raise StalePackageError
    await tx.execute(_SAVE_LINE, [_line_values(package, line, position) for position, line in enumerate(package.lines)])
    offers = [_offer_values(package, offer) for line in package.lines for offer in line.offers]
    if offers:
        await tx.execute(_SAVE_OFFER, offers)


_INSERT = """
INSERT INTO packages (package_id, referral_id, patient_key, version, kind, opened_decision, decision, pathway,
                      target_on, outward_postcode, age_band, opened_at, state, holds, in_hospital_since)
VALUES (:package_id, :referral_id, :patient_key, :version, :kind, :opened_decision, :decision, :pathway, :target_on,
        :outward_postcode, :age_band, :opened_at, :state, :holds, :in_hospital_since)
"""
_UPDATE = """
UPDATE packages
SET version = :version, decision = :decision, pathway = :pathway, target_on = :target_on,
    outward_postcode = :outward_postcode, age_band = :age_band, state = :state, holds = :holds,
    in_hospital_since = :in_hospital_since
WHERE package_id = :package_id AND version = :loaded_version
"""
_SAVE_LINE = """
INSERT INTO package_lines (package_id, line_id, position, service, visits_per_day, minutes_per_visit, carers_per_visit,
                           days_per_week, wanted, state, round, left_by, agreed_offer_id, agreed_provider_id, agreed_at,
                           is_confirmed, started_at, start_on, reason, question)
VALUES (:package_id, :line_id, :position, :service, :visits_per_day, :minutes_per_visit, :carers_per_visit,
        :days_per_week, CAST(:wanted AS jsonb), :state, :round, :left_by, :agreed_offer_id, :agreed_provider_id,
        :agreed_at, :is_confirmed, :started_at, :start_on, :reason, :question)
ON CONFLICT (package_id, line_id) DO UPDATE
SET visits_per_day = excluded.visits_per_day, minutes_per_visit = excluded.minutes_per_visit,
    carers_per_visit = excluded.carers_per_visit, days_per_week = excluded.days_per_week, wanted = excluded.wanted,
    state = excluded.state, round = excluded.round, left_by = excluded.left_by,
    agreed_offer_id = excluded.agreed_offer_id, agreed_provider_id = excluded.agreed_provider_id,
    agreed_at = excluded.agreed_at, is_confirmed = excluded.is_confirmed, started_at = excluded.started_at,
    start_on = excluded.start_on, reason = excluded.reason, question = excluded.question
"""
_SAVE_OFFER = """
INSERT INTO offers (offer_id, package_id, line_id, provider_id, round, wave, sent_at, respond_by, because,
                    is_reconfirmation, state, answered_at, reason)
VALUES (:offer_id, :package_id, :line_id, :provider_id, :round, :wave, :sent_at, :respond_by, :because,
        :is_reconfirmation, :state, :answered_at, :reason)
ON CONFLICT (offer_id) DO UPDATE
SET state = excluded.state, answered_at = excluded.answered_at, reason = excluded.reason
"""


def _package_values(package: Package, loaded_version: int | None) -> dict[str, object]:
    values: dict[str, object] = {
        "package_id": package.package_id,
        "version": package.version,
        "decision": package.decision,
        "pathway": package.pathway,
        "target_on": package.target_on,
        "outward_postcode": package.outward_postcode,
        "age_band": package.age_band,
        "state": package.state.value,
        "holds": sorted(hold.value for hold in package.holds),
        "in_hospital_since": package.in_hospital_since,
    }
    if loaded_version is not None:
        return values | {"loaded_version": loaded_version}
    return values | {
        "referral_id": package.referral_id,
        "patient_key": package.patient_key,
        "kind": package.kind,
        "opened_decision": package.opened_decision,
        "opened_at": package.opened_at,
    }


def _line_values(package: Package, line: Line, position: int) -> dict[str, object]:
    return asdict(line.spec) | {
        "package_id": package.package_id,
        "line_id": line.line_id,
        "position": position,
        "wanted": json.dumps(asdict(line.wanted)) if line.wanted else None,
        "state": line.state.value,
        "round": line.round,
        "left_by": line.left_by,
        "agreed_offer_id": line.agreed_offer_id,
        "agreed_provider_id": line.agreed_offer.provider_id if line.agreed_offer else None,
        "agreed_at": line.agreed_at,
        "is_confirmed": line.is_confirmed,
        "started_at": line.started_at,
        "start_on": line.start_on,
        "reason": line.reason,
        "question": line.question,
    }


def _offer_values(package: Package, offer: Offer) -> dict[str, object]:
    return asdict(offer) | {
        "package_id": package.package_id,
        "state": offer.state.value,
        "because": list(offer.because),
    }
