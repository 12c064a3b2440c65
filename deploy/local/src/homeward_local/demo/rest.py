"""A referral as a ward system posts it in JSON."""

from datetime import datetime, timedelta
from typing import Any

from homeward_local.config import DEMO_HOSPITAL

from .people import Person

NEEDS = ["washing_dressing", "meals", "medication_support"]


def referral_body(person: Person, now: datetime) -> dict[str, Any]:  # JSON
    """Ready for discharge, and in need of help with washing, meals and medicines."""
    return {
        "kind": "hospital_discharge",
        "person": {
            "nhs_number": person.nhs_number,
            "nhs_number_verification_status": "01",
            "hospital_number": person.hospital_number,
            "family_name": person.family_name,
            "given_name": person.given_name,
            "born_on": person.born_on.isoformat(),
            "gender": person.gender,
            "address_lines": [person.address_line, person.town],
            "postcode": person.postcode,
            "phone": person.phone,
        },
        "hospital": DEMO_HOSPITAL,
        "ward": person.ward,
        "visit_number": person.visit_number,
        "expected_discharge_on": (now + timedelta(days=1)).date().isoformat(),
        "discharge_ready_on": now.date().isoformat(),
        "criteria_to_reside": [],
        "criteria_assessed_at": now.isoformat(),
        "needs": NEEDS,
        "living_situation": "alone",
        "existing_care": "none",
        "mobility": "one_person",
        "cognition": "no_concern",
        "clinical_frailty_scale": 5,
        "reason_text": "Synthetic referral: needs help at home after a stay on the ward.",
    }
