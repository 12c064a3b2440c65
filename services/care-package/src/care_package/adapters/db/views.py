"""What lists and pages show of packages, offers and providers: read types, no aggregates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from care_package.adapters.db.providers import PLACES_LEFT
from homeward_kit.database import Tx

Row = Any  # a row of text SQL: its columns are named in the statement


@dataclass(frozen=True, slots=True)
class OfferView:
    offer_id: UUID
    provider_id: UUID
    provider_name: str
    state: str
    wave: int
    sent_at: datetime
    respond_by: datetime
    answered_at: datetime | None
    reason: str | None
    is_reconfirmation: bool
    because: list[str]


@dataclass(frozen=True, slots=True)
class LineView:
    line_id: UUID
    service: str
    state: str
    visits_per_day: int | None
    minutes_per_visit: int | None
    carers_per_visit: int | None
    days_per_week: int | None
    agreed_offer_id: UUID | None
    is_confirmed: bool
    start_on: date | None
    started_at: datetime | None
    reason: str | None
    offers: list[OfferView]


@dataclass(frozen=True, slots=True)
class AskView:
    """A question for the broker about a line that is agreed or started."""

    line_id: UUID
    service: str
    question: str


@dataclass(frozen=True, slots=True)
class PackageView:
    package_id: UUID
    referral_id: UUID
    patient_key: UUID
    kind: str
    state: str
    holds: list[str]
    version: int
    decision: int
    pathway: int
    target_on: date | None
    outward_postcode: str | None
    age_band: str | None
    opened_at: datetime
    in_hospital_since: datetime | None
    lines: list[LineView]
    asks: list[AskView]


@dataclass(frozen=True, slots=True)
class AnonymousOfferView:
    """What a provider sees: what is needed and roughly where, and nobody."""

    offer_id: UUID
    provider_id: UUID
    state: str
    service: str
    visits_per_day: int | None
    minutes_per_visit: int | None
    carers_per_visit: int | None
    days_per_week: int | None
    outward_postcode: str | None
    age_band: str | None
    target_on: date | None
    sent_at: datetime
    respond_by: datetime
    answered_at: datetime | None
    reason: str | None
    is_reconfirmation: bool
    package_version: int


@dataclass(frozen=True, slots=True)
class CapacityView:
    service: str
    places: int
    places_left: int
    declared_at: datetime


@dataclass(frozen=True, slots=True)
class ProviderView:
    provider_id: UUID
    name: str
    services: list[str]
    areas: list[str]
    ods_code: str | None
    phone: str | None
    version: int
    capacity: list[CapacityView]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: at most `limit` items after the one named."""

    limit: int
    after: UUID | None


@dataclass(frozen=True, slots=True)
class OfferFilter:
    offer_id: UUID | None = None
    provider_id: UUID | None = None
    state: str | None = None


async def packages(tx: Tx, referral_id: UUID | None, state: str | None, page: Page) -> list[PackageView]:
    """Packages in the order they were opened."""
    found = await tx.execute(
        """
        SELECT * FROM packages
        WHERE (CAST(:referral_id AS uuid) IS NULL OR referral_id = :referral_id)
          AND (CAST(:state AS text) IS NULL OR state = :state)
          AND (CAST(:after AS uuid) IS NULL
               OR (opened_at, package_id) > (SELECT opened_at, package_id FROM packages WHERE package_id = :after))
        ORDER BY opened_at, package_id LIMIT :limit
        """,
        {"referral_id": referral_id, "state": state, "after": page.after, "limit": page.limit},
    )
    return await _with_lines(tx, list(found))


async def package(tx: Tx, package_id: UUID) -> PackageView | None:
    """One package."""
    found = await tx.execute("SELECT * FROM packages WHERE package_id = :id", {"id": package_id})
    return next(iter(await _with_lines(tx, list(found))), None)


async def _with_lines(tx: Tx, rows: Sequence[Row]) -> list[PackageView]:
    ids = {"ids": [row.package_id for row in rows]}
    lines = list(
        await tx.execute("SELECT * FROM package_lines WHERE package_id = ANY(:ids) ORDER BY package_id, position", ids)
    )
    offers = list(
        await tx.execute(
            "SELECT o.*, p.name AS provider_name FROM offers o JOIN providers p USING (provider_id)"
            " WHERE o.package_id = ANY(:ids) ORDER BY o.wave, o.offer_id",
            ids,
        )
    )
    return [_package(row, [line for line in lines if line.package_id == row.package_id], offers) for row in rows]


def _package(row: Row, lines: Sequence[Row], offers: Sequence[Row]) -> PackageView:
    return PackageView(
        package_id=row.package_id,
        referral_id=row.referral_id,
        patient_key=row.patient_key,
        kind=row.kind,
        state=row.state,
        holds=row.holds,
        version=row.version,
        decision=row.decision,
        pathway=row.pathway,
        target_on=row.target_on,
        outward_postcode=row.outward_postcode,
        age_band=row.age_band,
        opened_at=row.opened_at,
        in_hospital_since=row.in_hospital_since,
        lines=[_line(line, offers) for line in lines],
        asks=[AskView(line.line_id, line.service, line.question) for line in lines if line.question],
    )


def _line(row: Row, offers: Sequence[Row]) -> LineView:
    return LineView(
        line_id=row.line_id,
        service=row.service,
        state=row.state,
        visits_per_day=row.visits_per_day,
        minutes_per_visit=row.minutes_per_visit,
        carers_per_visit=row.carers_per_visit,
        days_per_week=row.days_per_week,
        agreed_offer_id=row.agreed_offer_id,
        is_confirmed=row.is_confirmed,
        start_on=row.start_on,
        started_at=row.started_at,
        reason=row.reason,
        offers=[_offer(o) for o in offers if (o.package_id, o.line_id) == (row.package_id, row.line_id)],
    )


def _offer(row: Row) -> OfferView:
    return OfferView(
        offer_id=row.offer_id,
        provider_id=row.provider_id,
        provider_name=row.provider_name,
        state=row.state,
        wave=row.wave,
        sent_at=row.sent_at,
        respond_by=row.respond_by,
        answered_at=row.answered_at,
        reason=row.reason,
        is_reconfirmation=row.is_reconfirmation,
        because=row.because,
    )


async def offers(tx: Tx, wanted: OfferFilter, page: Page) -> list[AnonymousOfferView]:
    """Offers as a provider sees them, newest first."""
    found = await tx.execute(
        """
        SELECT o.offer_id, o.provider_id, o.state, l.service, l.visits_per_day, l.minutes_per_visit, l.carers_per_visit,
               l.days_per_week, p.outward_postcode, p.age_band, p.target_on, o.sent_at, o.respond_by, o.answered_at,
               o.reason, o.is_reconfirmation, p.version AS package_version
        FROM offers o JOIN package_lines l USING (package_id, line_id) JOIN packages p USING (package_id)
        WHERE (CAST(:offer_id AS uuid) IS NULL OR o.offer_id = :offer_id)
          AND (CAST(:provider_id AS uuid) IS NULL OR o.provider_id = :provider_id)
          AND (CAST(:state AS text) IS NULL OR o.state = :state)
          AND (CAST(:after AS uuid) IS NULL
               OR (o.sent_at, o.offer_id) < (SELECT sent_at, offer_id FROM offers WHERE offer_id = :after))
        ORDER BY o.sent_at DESC, o.offer_id DESC LIMIT :limit
        """,
        {
            "offer_id": wanted.offer_id,
            "provider_id": wanted.provider_id,
            "state": wanted.state,
            "after": page.after,
            "limit": page.limit,
        },
    )
    return [AnonymousOfferView(**row) for row in found.mappings()]


async def providers(tx: Tx, page: Page, provider_id: UUID | None = None) -> list[ProviderView]:
    """Providers by name, with the places they have left."""
    found = await tx.execute(
        """
        SELECT * FROM providers
        WHERE (CAST(:provider_id AS uuid) IS NULL OR provider_id = :provider_id)
          AND (CAST(:after AS uuid) IS NULL
               OR (name, provider_id) > (SELECT name, provider_id FROM providers WHERE provider_id = :after))
        ORDER BY name, provider_id LIMIT :limit
        """,
        {"provider_id": provider_id, "after": page.after, "limit": page.limit},
    )
    rows = list(found)
    capacity = list(
        await tx.execute(
            f"SELECT c.*, greatest({PLACES_LEFT}, 0) AS places_left FROM capacity c"  # noqa: S608 — a constant of ours
            " WHERE c.provider_id = ANY(:ids) ORDER BY c.service",
            {"ids": [row.provider_id for row in rows]},
        )
    )
    return [
        ProviderView(
            provider_id=row.provider_id,
            name=row.name,
            services=row.services,
            areas=row.areas,
            ods_code=row.ods_code,
            phone=row.phone,
            version=row.version,
            capacity=[
                CapacityView(c.service, c.places, c.places_left, c.declared_at)
                for c in capacity
                if c.provider_id == row.provider_id
            ],
        )
        for row in rows
    ]
