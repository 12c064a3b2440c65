"""Names and numbers of people, from spa-intake's own API: the read model knows keys only."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from .context import SignedIn
from .owners import INTAKE, Json

LOOKUP = "/api/v1/people/lookup"


async def lookup(user: SignedIn, patient_keys: Iterable[UUID]) -> Mapping[UUID, Json]:
    """People by key; those that cannot be had now are left out."""
    keys = sorted({str(key) for key in patient_keys})
    if not keys:
        return {}
    part = await user.ui.owners.ask(user.staff, INTAKE, LOOKUP, {"patient_keys": keys})
    return {UUID(person["patient_key"]): person for person in (part.data or {}).get("people", [])}
