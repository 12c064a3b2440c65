"""Providers and their places; their rows are locked after the person's, in sorted order, never the other way round."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care_package.domain.eligibility import Capacity, Provider
from care_package.domain.ids import ProviderId
from homeward_kit.database import Tx


@dataclass(frozen=True, slots=True)
class Registration:
    """What a provider is registered with."""

    name: str
    services: tuple[str, ...]
    areas: tuple[str, ...]
    ods_code: str | None
    phone: str | None


async def add(tx: Tx, provider_id: ProviderId, registration: Registration) -> None:
    """Add a provider."""
    await tx.execute(
        """
        INSERT INTO providers (provider_id, name, services, areas, ods_code, phone, version, registered_at)
        VALUES (:provider_id, :name, :services, :areas, :ods_code, :phone, 1, :now)
        """,
        {
            "provider_id": provider_id,
            "name": registration.name,
            "services": list(registration.services),
            "areas": list(registration.areas),
            "ods_code": registration.ods_code,
            "phone": registration.phone,
            "now": tx.now,
        },
    )


async def lock_services(tx: Tx, provider_id: ProviderId) -> list[str] | None:
    """Lock a provider's row; the services it offers, None if there is no such provider."""
    found = await tx.execute("SELECT services FROM providers WHERE provider_id = :id FOR UPDATE", {"id": provider_id})
    return found.scalar_one_or_none()


async def declare(tx: Tx, provider_id: ProviderId, service: str, places: int) -> int:
    """Store the places a provider has free now; returns the provider's new version."""
    await tx.execute(
        """
        INSERT INTO capacity (provider_id, service, places, declared_at)
        VALUES (:provider_id, :service, :places, :now)
        ON CONFLICT (provider_id, service) DO UPDATE
        SET places = excluded.places, declared_at = excluded.declared_at
        """,
        {"provider_id": provider_id, "service": service, "places": places, "now": tx.now},
    )
    version = await tx.execute(
        "UPDATE providers SET version = version + 1 WHERE provider_id = :id RETURNING version", {"id": provider_id}
    )
    return int(version.scalar_one())


async def lock_for(tx: Tx, services: Collection[str]) -> list[UUID]:
    """Lock, in sorted order, the providers that give one of these services: their last places are given once.

    A transaction may bring several people up to date, each with its own providers: one lock before all of them keeps
    two such transactions from waiting for each other.
    """
    await tx.lock("providers")
    found = await tx.execute(
        "SELECT provider_id FROM providers WHERE services && CAST(:services AS text[]) ORDER BY provider_id FOR UPDATE",
        {"services": sorted(services)},
    )
    return list(found.scalars())


# A place declared free is taken by a line agreed since, and by an open offer; confirming again takes none.
PLACES_LEFT = """
    c.places
    - (SELECT count(*) FROM package_lines l
       WHERE l.agreed_provider_id = c.provider_id AND l.service = c.service
         AND l.state IN ('agreed', 'started') AND l.agreed_at > c.declared_at)
    - (SELECT count(*) FROM offers o JOIN package_lines l USING (package_id, line_id)
       WHERE o.provider_id = c.provider_id AND o.state = 'sent' AND NOT o.is_reconfirmation AND l.service = c.service)
"""


async def load_market(tx: Tx, provider_ids: Collection[UUID]) -> list[Provider]:
    """These providers with the places they have left; call it with their rows locked."""
    found = await tx.execute(
        f"""
        SELECT p.provider_id, p.name, p.areas, c.service, c.declared_at, {PLACES_LEFT} AS places_left
        FROM providers p JOIN capacity c USING (provider_id)
        WHERE p.provider_id = ANY(:ids) AND c.service = ANY(p.services)
        ORDER BY p.provider_id
        """,  # noqa: S608 — a constant of ours
        {"ids": list(provider_ids)},
    )
    known: dict[UUID, tuple[str, frozenset[str], dict[str, Capacity]]] = {}
    for row in found:
        declared_at: datetime = row.declared_at
        entry = known.setdefault(row.provider_id, (row.name, frozenset(row.areas), {}))
        entry[2][row.service] = Capacity(max(int(row.places_left), 0), declared_at)
    return [
        Provider(ProviderId(provider_id), name, areas, capacity)
        for provider_id, (name, areas, capacity) in known.items()
    ]
