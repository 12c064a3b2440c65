"""Which providers may be asked for a line, in which order, and why: the same question has the same answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from care_package.domain.ids import ProviderId
from care_package.domain.line import Line


@dataclass(frozen=True, slots=True)
class Capacity:
    """Places a provider has for a service: declared then, left now."""

    places_left: int
    declared_at: datetime


@dataclass(frozen=True, slots=True)
class Provider:
    """An organisation that gives care: where, and what it can take."""

    provider_id: ProviderId
    name: str
    areas: frozenset[str]  # outward postcodes
    capacity: Mapping[str, Capacity]  # by service


@dataclass(frozen=True, slots=True)
class Candidate:
    provider: Provider
    because: tuple[str, ...]  # coded reasons, for the broker


def rank(providers: Iterable[Provider], line: Line, outward_postcode: str | None, now: datetime) -> list[Candidate]:
    """Eligible: gives the service, in the area, has a place, not tried in this round.

    In order of how many days ago the places were declared, then by name. A person without a postcode
    (no fixed abode) is offered in every area.
    """
    service = line.spec.service
    eligible = [
        provider
        for provider in providers
        if service in provider.capacity
        and provider.capacity[service].places_left > 0
        and (outward_postcode is None or outward_postcode in provider.areas)
        and provider.provider_id not in line.tried
    ]

    def days_old(provider: Provider) -> int:
        return max((now - provider.capacity[service].declared_at).days, 0)

    eligible.sort(key=lambda provider: (days_old(provider), provider.name, str(provider.provider_id)))
    return [
        Candidate(
            provider,
            (
                "covers_area" if outward_postcode else "area_unknown",
                f"places_left:{provider.capacity[service].places_left}",
                f"declared_days_ago:{days_old(provider)}",
            ),
        )
        for provider in eligible
    ]
