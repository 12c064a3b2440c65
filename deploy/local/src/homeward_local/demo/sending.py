"""What a ward's systems send: a referral by JSON or FHIR, admissions and discharges by HL7 v2."""

import json
import uuid
from datetime import datetime

from homeward_local.client import StackClient
from homeward_local.errors import StackError

from . import fhir, hl7
from .people import Person
from .rest import referral_body
from .ways import Way

WARD = "ward_system"
HL7_CONTENT_TYPE = "x-application/hl7-v2+er7"


def send_referral(client: StackClient, person: Person, now: datetime, way: Way) -> str:
    """Refer the person; the referral's identifier. HL7 v2 knows no referral: it admits, and JSON refers."""
    if way is Way.FHIR:
        return _by_fhir(client, person, now)
    if way is Way.HL7:
        admit(client, person, now)
    answer = client.post("spa-intake", "/api/v1/referrals", WARD, referral_body(person, now))
    return str(answer["referral_id"])


def admit(client: StackClient, person: Person, at: datetime, method: str = hl7.EMERGENCY) -> None:
    """The hospital's system says that the person was admitted."""
    _send_adt(client, hl7.admission(person, at, method))


def discharge(client: StackClient, person: Person, admitted_at: datetime, at: datetime) -> None:
    """The hospital's system says that the person went home."""
    _send_adt(client, hl7.discharge(person, admitted_at, at))


def _send_adt(client: StackClient, message: bytes) -> None:
    answer = client.post_raw("spa-intake", "/api/v1/hl7/adt", WARD, message, {"Content-Type": HL7_CONTENT_TYPE})
    acknowledgement = answer.text.replace("\r", "\n")
    if "\nMSA|AA|" not in acknowledgement:
        raise StackError(f"The HL7 message was not accepted: {acknowledgement.strip().splitlines()[-1]}")


def _by_fhir(client: StackClient, person: Person, now: datetime) -> str:
    body = json.dumps(fhir.referral_message(person, now)).encode()
    headers = {
        "Content-Type": fhir.CONTENT_TYPE,
        "Accept": fhir.CONTENT_TYPE,
        "X-Request-Id": str(uuid.uuid4()),
        "X-Correlation-Id": str(uuid.uuid4()),
        "use-context": f"{fhir.USE_CASE}|referral|servicerequest-request|new",
    }
    answer = client.post_raw("spa-intake", "/fhir/R4/$process-message", WARD, body, headers)
    return answer.headers["Location"].rpartition("/")[2]
