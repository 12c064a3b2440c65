"""Record how many places a provider has free for a service."""

from care_package.adapters.db import providers
from care_package.adapters.events.published import ProviderCapacityDeclared
from care_package.domain.codes import ServiceCode
from care_package.domain.errors import ProviderNotFound, ServiceNotOffered
from care_package.domain.ids import ProviderId
from homeward_kit import audit
from homeward_kit.database import Tx


async def declare_capacity(tx: Tx, provider_id: ProviderId, service: ServiceCode, places: int) -> int:
    """Store and announce the places free now; returns the provider's new version."""
    offered = await providers.lock_services(tx, provider_id)
    if offered is None:
        raise ProviderNotFound
    if service.value not in offered:
        raise ServiceNotOffered
    version = await providers.declare(tx, provider_id, service.value, places)
    subject = f"provider/{provider_id}"
    event = ProviderCapacityDeclared(provider_id=provider_id, service=service.value, places=places, declared_at=tx.now)
    await tx.publish(event, key=subject, subject=subject, version=version)
    await audit.record(tx, "declare_capacity", subject)
    return version
