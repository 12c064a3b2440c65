"""What tests of the pages share: a referral of somebody whom nobody else refers, and commands beside the browser."""

from typing import Any
from uuid import uuid4

Json = dict[str, Any]  # Any: JSON
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def sent(stack: Any, person: Json, **fields: object) -> str:
    """A hospital discharge that says what `fields` say; its number."""
    body = {
        "kind": "hospital_discharge",
        "person": person | {"hospital_number": uuid4().hex[:12]},
        "hospital": "RJZ",
        "ward": "W7",
    }
    made = stack.client.post("spa-intake", "/api/v1/referrals", "ward_system", body | fields)
    referral_id: str = made["referral_id"]
    return referral_id


def command(stack: Any, referral_id: str, verb: str, body: Json, role: str = "ward_system") -> None:
    """On the version that is there now."""
    place = f"/api/v1/referrals/{referral_id}"
    version = stack.client.get("spa-intake", place, role)["version"]
    stack.client.command("spa-intake", f"{place}/{verb}", role, body, version)
