"""Intake with the commit of its create path left out: token, validation, rules and answer as they are, no database.

`python -m tests.bench.uncommitted serve --role api`.
"""

from dataclasses import replace
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from homeward_kit.auth import Caller, Role, require
from homeward_kit.process import Service, main
from spa_intake.adapters.db.referral_views import Progress, ReferralView
from spa_intake.api import referrals, schemas
from spa_intake.api.dependencies import WARD_OR_COORDINATOR, policy_of
from spa_intake.api.resources import ReferralOut, referral_out
from spa_intake.domain.codes import Source
from spa_intake.domain.ids import PatientKey, ReferralId
from spa_intake.domain.person import Person, described, identify, with_person
from spa_intake.entrypoints import service

router = APIRouter(prefix="/api/v1/referrals")
NO_PROGRESS = Progress(
    case_state=None,
    is_paused=False,
    is_returned=False,
    pathway=None,
    target_on=None,
    package_state=None,
    holds=(),
    watch_state=None,
    needs_new_referral=False,
)


@router.post("", status_code=201, response_model=ReferralOut)
async def send_referral(
    body: schemas.ReferralBody, request: Request, caller: Annotated[Caller, Depends(require(*WARD_OR_COORDINATOR))]
) -> Response:
    is_ward = caller.role is Role.WARD_SYSTEM
    asked = body.referral(Source.REST if is_ward else Source.STAFF, caller.org if is_ward else body.hospital)
    now = request.app.state.database.clock.now()
    identity = identify(asked.person, asked.facts.referring_organisation, policy_of(request))
    person = described(Person(PatientKey(uuid4()), now), asked.person, identity, now, takes=True)
    view = ReferralView(
        referral_id=ReferralId(uuid4()),
        patient_key=person.patient_key,
        kind=asked.kind,
        source=asked.source,
        state="received",
        version=2,
        facts=with_person(asked.facts, person, now.date()),
        received_at=now,
        accepted_at=None,
        ended_at=None,
        ended_reason=None,
        redirected_to=None,
        missing=(),
        assignee=None,
        changed_at=now,
        nhs_number_status=person.nhs_number_status,
        has_died=False,
        stay=None,
        progress=NO_PROGRESS,
    )
    answer = referral_out(view, for_staff=caller.role is not Role.WARD_SYSTEM)
    headers = {"ETag": '"2"', "Location": answer.links.self, "Homeward-Events": f"{uuid4()},{uuid4()}"}
    return Response(answer.model_dump_json(), 201, headers, media_type="application/json")


def build() -> Service:
    """The service, with its create path replaced."""
    built = service.build()
    others = [other for other in built.routers if other is not referrals.router]
    return replace(built, routers=[router, *others])


if __name__ == "__main__":
    main(build)
