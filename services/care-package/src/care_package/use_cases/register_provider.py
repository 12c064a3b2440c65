"""Register an organisation that gives care."""

from uuid import uuid4

from care_package.adapters.db import providers
from care_package.adapters.db.providers import Registration
from care_package.domain.ids import ProviderId
from homeward_kit import audit
from homeward_kit.database import Tx


async def register_provider(tx: Tx, registration: Registration) -> ProviderId:
    """Add the provider; it is asked for nothing until it declares places."""
    provider_id = ProviderId(uuid4())
    await providers.add(tx, provider_id, registration)
    await audit.record(tx, "register_provider", f"provider/{provider_id}")
    return provider_id
