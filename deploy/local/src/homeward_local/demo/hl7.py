"""HL7 v2 ADT messages as a patient administration system of an NHS hospital sends them (ITK v2.4)."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from homeward_local.config import DEMO_HOSPITAL

from .people import Person

LONDON = ZoneInfo("Europe/London")
PLANNED = "11"
EMERGENCY = "21"
USUAL_PLACE_OF_RESIDENCE = "19"
GENDERS = {"male": "1", "female": "2"}
NUMBER_IS_VERIFIED = "01"


def admission(person: Person, at: datetime, method: str = EMERGENCY) -> bytes:
    """A01: the person was admitted at this time."""
    return _message(person, "A01", at, {4: method, 14: USUAL_PLACE_OF_RESIDENCE, 44: _local(at)})


def discharge(person: Person, admitted_at: datetime, at: datetime) -> bytes:
    """A03: the person went home at this time."""
    visit = {
        4: EMERGENCY,
        14: USUAL_PLACE_OF_RESIDENCE,
        36: USUAL_PLACE_OF_RESIDENCE,
        44: _local(admitted_at),
        45: _local(at),
    }
    return _message(person, "A03", at, visit)


def _message(person: Person, trigger: str, at: datetime, visit: dict[int, str]) -> bytes:
    now = _local(at)
    control_id = uuid.uuid4().hex[:20]
    fields = {
        1: "1",
        2: "I",
        3: f"{DEMO_HOSPITAL}^{person.ward}^Bed 1^{DEMO_HOSPITAL}",
        19: f"{person.visit_number}^^^VISITID",
        **visit,
    }
    address = f"{person.address_line}^^{person.town}^^{person.postcode}^GBR^H"
    identifiers = f"{person.hospital_number}^^^{DEMO_HOSPITAL}^MR~{person.nhs_number}^^^NHS^NH"
    name = f"{person.family_name}^{person.given_name}^^^^^L"
    identity = {
        1: "1",
        3: identifiers,
        5: name,
        7: person.born_on.strftime("%Y%m%d"),
        8: GENDERS[person.gender],
        11: address,
        13: person.phone,
        32: NUMBER_IS_VERIFIED,
    }
    segments = (
        rf"MSH|^~\&|PAS|{DEMO_HOSPITAL}|HOMEWARD|HOMEWARD|{now}||ADT^{trigger}^ADT_{trigger}|{control_id}|P|2.4",
        f"EVN||{now}",
        _segment("PID", identity),
        _segment("PV1", fields),
    )
    return "\r".join((*segments, "")).encode()


def _segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields) + 1))])


def _local(at: datetime) -> str:
    """Hospital systems send local time without a zone."""
    return at.astimezone(LONDON).strftime("%Y%m%d%H%M%S")
