"""The work on a referral as a FHIR Task: where it stands, who has the next move, and what is asked of the ward."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from spa_intake.adapters.db.notes import WrittenNote
from spa_intake.adapters.db.referral_views import ReferralView
from spa_intake.adapters.fhir import codes
from spa_intake.adapters.fhir.outcome import Json
from spa_intake.adapters.fhir.service_request import PATIENT, organisation, written
from spa_intake.domain.codes import CloseReason
from spa_intake.domain.kinds import is_about_a_stay
from spa_intake.domain.next_move import NextMove, Standing, next_move
from spa_intake.domain.referral import ReferralState

HUB: Json = {"type": "Organization", "display": "Homeward single point of access"}
# Ends at which the work was stopped, rather than done.
STOPPED = frozenset({CloseReason.DIED, CloseReason.SUPERSEDED, CloseReason.NOT_SUITABLE})


@dataclass(frozen=True)
class Work:
    """FHIR's own status of a Task, and ours: a code and what a person reads."""

    status: str
    code: str
    words: str


RECEIVED = Work("requested", "received", "Received: a coordinator decides whether it is accepted")
QUERIED = Work("on-hold", "queried", "The ward is asked for more")
NOT_READY = Work("on-hold", "not_ready", "The person meets the criteria to reside in hospital")
BACK = Work("on-hold", "in_hospital", "The person is in hospital again")
ACCEPTED = Work("accepted", "accepted", "Accepted")
ASSESSING = Work("in-progress", "assessing", "The team assesses what is needed")
DECIDED = Work("in-progress", "decided", "The pathway is decided")
CARE = {
    "brokering": Work("in-progress", "arranging_care", "Care is being arranged"),
    "unfilled": Work("in-progress", "no_provider", "No provider has taken it yet"),
    "agreed": Work("in-progress", "care_agreed", "Care is agreed"),
    "started": Work("in-progress", "care_started", "Care has started"),
    "ended": Work("in-progress", "care_ended", "Care has ended"),
    "cancelled": Work("in-progress", "care_cancelled", "The care that was arranged is cancelled"),
}
DECLINED = Work("rejected", "declined", "Declined")
WITHDRAWN = Work("cancelled", "withdrawn", "Withdrawn")
IN_ERROR = Work("entered-in-error", "withdrawn", "Withdrawn: entered in error")
CLOSED = Work("completed", "closed", "Closed")
CLOSED_EARLY = Work("cancelled", "closed", "Closed before the work was done")


def work_on(view: ReferralView) -> Work:
    """Where the work on a referral stands, from its state and from what the other services said."""
    if view.state == ReferralState.RECEIVED:
        return RECEIVED
    if view.state == ReferralState.QUERIED:
        return QUERIED
    if view.state == ReferralState.DECLINED:
        return DECLINED
    if view.state == ReferralState.WITHDRAWN:
        return IN_ERROR if view.ended_reason == "entered_in_error" else WITHDRAWN
    if view.state == ReferralState.CLOSED:
        return CLOSED_EARLY if view.ended_reason in STOPPED else CLOSED
    return _work_on_accepted(view)


def _work_on_accepted(view: ReferralView) -> Work:
    progress = view.progress
    if "in_hospital" in progress.holds:
        return BACK
    if progress.is_returned:
        return QUERIED
    if not view.facts.is_ready and not _has_left(view):
        return NOT_READY
    if progress.package_state in CARE:
        return CARE[progress.package_state]
    return {"open": ASSESSING, "assessing": ASSESSING, "decided": DECIDED}.get(progress.case_state or "", ACCEPTED)


def task(view: ReferralView, notes: Sequence[WrittenNote] = ()) -> Json:
    """The Task has the id of the referral; its version is a digest, since others' progress changes it too.

    `notes` are those that staff wrote for the ward.
    """
    work = work_on(view)
    move = _next_move(view)
    content: Json = {
        "resourceType": "Task",
        "id": str(view.referral_id),
        "status": work.status,
        "intent": "order",
        "businessStatus": {"coding": [{"system": codes.WORK_STATES, "code": work.code}], "text": work.words},
        "basedOn": [{"reference": f"ServiceRequest/{view.referral_id}"}],
        "focus": {"reference": f"ServiceRequest/{view.referral_id}"},
        "for": PATIENT,
        "authoredOn": written(view.received_at),
        "lastModified": written(view.changed_at),
        "requester": organisation(view.facts.referring_organisation),
        "note": [{"text": f"Next move: {move.value.replace('_', ' ')}"}, *map(_note, notes)],
    }
    if move is not NextMove.NOBODY:
        content["owner"] = organisation(view.facts.referring_organisation) if move is NextMove.WARD else HUB
    if reasons := _reasons(view):
        content["statusReason"] = {"coding": reasons}
    if view.progress.target_on:
        content["restriction"] = {"period": {"end": view.progress.target_on.isoformat()}}
    return content | {"meta": {"versionId": _digest(content), "lastUpdated": written(view.changed_at)}}


def _next_move(view: ReferralView) -> NextMove:
    progress = view.progress
    return next_move(
        Standing(
            state=ReferralState(view.state),
            is_ready=view.facts.is_ready,
            has_left=_has_left(view),
            is_returned=progress.is_returned,
            case_state=progress.case_state,
            package_state=progress.package_state,
            is_back_in_hospital="in_hospital" in progress.holds,
            is_about_a_stay=is_about_a_stay(view.kind),
        )
    )


def _has_left(view: ReferralView) -> bool:
    return view.stay is not None and view.stay.discharged_at is not None


def _reasons(view: ReferralView) -> list[Json]:
    """Why it is as it is: what the ward is asked for, or why it ended and what is advised instead."""
    if view.state == ReferralState.QUERIED:
        return [{"system": codes.MISSING_ITEMS, "code": item} for item in view.missing]
    if not view.ended_reason:
        return []
    advice = [{"system": codes.ADVICE, "code": code} for code in view.advice]
    return [{"system": codes.END_REASONS, "code": view.ended_reason}, *advice]


def _note(note: WrittenNote) -> Json:
    return {"time": written(note.written_at), "text": note.text}


def _digest(content: Json) -> str:
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=8).hexdigest()
