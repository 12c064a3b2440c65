"""A referral as the ServiceRequest that its sender reads or finds. The person is not repeated: the sender knows."""

from datetime import datetime

from spa_intake.adapters.db.referral_views import ReferralView
from spa_intake.adapters.fhir import codes
from spa_intake.adapters.fhir.answer import CATEGORY
from spa_intake.adapters.fhir.outcome import Json

PATIENT: Json = {"type": "Patient", "display": "The person of the referral, known to its sender"}
ENDED = {"declined": "revoked", "withdrawn": "revoked", "closed": "completed"}


def service_request(view: ReferralView) -> Json:
    """The referral as it is held here; `meta.versionId` is the version that an update may say it has seen."""
    content: Json = {
        "resourceType": "ServiceRequest",
        "id": str(view.referral_id),
        "meta": {
            "versionId": str(view.version),
            "lastUpdated": written(view.changed_at),
            "profile": [codes.REFERRAL_PROFILE],
        },
        "identifier": [{"system": codes.REFERRAL_ID, "value": str(view.referral_id)}],
        "status": request_status(view),
        "intent": "plan",
        "category": CATEGORY,
        "subject": PATIENT,
        "authoredOn": written(view.received_at),
        "requester": organisation(view.facts.referring_organisation),
    }
    if view.ended_reason:
        content["reasonCode"] = [{"coding": [{"system": codes.END_REASONS, "code": view.ended_reason}]}]
    return content


def request_status(view: ReferralView) -> str:
    """FHIR's status of a request: active while there is work, whoever has the next move (the Task says who)."""
    if view.ended_reason == "entered_in_error":
        return "entered-in-error"
    return ENDED.get(view.state, "active")


def organisation(code: str) -> Json:
    """An organisation by its ODS code."""
    return {"type": "Organization", "identifier": {"system": codes.ODS_CODE, "value": code}}


def written(moment: datetime) -> str:
    """A FHIR instant."""
    return moment.isoformat(timespec="milliseconds")
