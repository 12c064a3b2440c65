"""Intake with the commit of its create path left out: token, validation, rules and answer as they are, no database.

`python -m tests.bench.uncommitted serve --role api`.
"""

from dataclasses import replace
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from homeward_kit.callers import Role
from homeward_kit.process import main
from homeward_kit.service import Service
from spa_intake.adapters.db import referral_views
from spa_intake.api import referrals
from spa_intake.api.content_faults import check_content
from spa_intake.api.dependencies import policy_of, sending_organisation
from spa_intake.api.resources import ReferralOut, referral_out
from spa_intake.domain.codes import Source
from spa_intake.domain.ids import PatientKey, ReferralId
from spa_intake.domain.person import Person, described, identify, with_person
from spa_intake.domain.referral import Referral, ReferralState
from spa_intake.entrypoints import service

router = APIRouter(prefix="/api/v1/referrals")


@router.post("", status_code=201, response_model=ReferralOut)
async def send_referral(body: referrals.Sent, request: Request, caller: referrals.Referrer) -> Response:
    is_ward = caller.role is Role.WARD_SYSTEM
    sender = sending_organisation(caller, body.hospital or caller.org, "/hospital")
    asked = body.referral(Source.REST if is_ward else Source.STAFF, sender)
    policy, now = policy_of(request), request.app.state.database.clock.now()
    check_content(asked, now)
    identity = identify(asked.person, asked.facts.referring_organisation, policy)
    person = described(Person(PatientKey(uuid4()), now), asked.person, identity, now, takes=True)
    referral = Referral(
        referral_id=ReferralId(uuid4()),
        patient_key=person.patient_key,
        kind=asked.kind,
        source=asked.source,
        state=ReferralState.RECEIVED,
        version=2,
        facts=with_person(asked.facts, person, now.date()),
        received_at=now,
        visit_number=asked.visit_number,
    )
    answer = referral_out(
        referral_views.of_new(referral, person, None, now),
        for_staff=not is_ward,
        rules=policy.scores,
        findings=(),
    )
    headers = {"ETag": '"2"', "Location": answer.links.self, "Homeward-Events": f"{uuid4()},{uuid4()}"}
    return Response(answer.model_dump_json(), 201, headers, media_type="application/json")


def build() -> Service:
    """The service, with its create path replaced."""
    built = service.build()
    others = [other for other in built.routers if other is not referrals.router]
    return replace(built, routers=[router, *others])


if __name__ == "__main__":
    main(build)
