"""Later messages of a journey, on the real database: what was sent first is amended or withdrawn, once."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from door_builders import Change, Json, bars, cancelling, reason, resource, sent_on, setting
from door_service import Door, coding, identifiers, open_door, send

from homeward_kit.auth import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.domain.codes import Missing
from spa_intake.domain.referral import ReferralState
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.query_referral import query_referral

LATER = sent_on("2026-11-20T12:00:00.1234567+01:00")  # the example is of 10:02:11 UTC
NOT_OURS = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture
async def door(make_database: Callable[[str], Database], token_issuer: TokenIssuer) -> AsyncIterator[Door]:
    async with open_door(make_database("spa_intake"), token_issuer) as opened:
        yield opened


def written_now() -> Change:
    return sent_on(datetime.now(UTC).isoformat())


async def sent_first(door: Door) -> UUID:
    answer = await send(door, bars())
    assert answer["status"] == 200
    return UUID(answer["headers"]["Location"].rpartition("/")[2])


def mobility(code: str) -> Change:
    def change(bundle: Json) -> None:
        for entry in bundle["entry"]:
            found = entry["resource"]
            if found["resourceType"] == "Observation" and found["code"]["coding"][0]["code"] == "mobility":
                found["valueCodeableConcept"]["coding"][0]["code"] = code

    return change


def meets(criterion: str, assessed_at: str) -> Change:
    def change(bundle: Json) -> None:
        for entry in bundle["entry"]:
            found = entry["resource"]
            if found["resourceType"] == "Observation" and found["code"]["coding"][0]["code"] == "criterion-to-reside":
                system = found["code"]["coding"][0]["system"]
                found["valueCodeableConcept"] = {"coding": [{"system": system, "code": criterion}]}
                found["effectiveDateTime"] = assessed_at

    return change


def update(*changes: Change) -> Json:
    return bars(reason("update"), LATER, *changes)


async def state_of(door: Door) -> tuple[str, str | None]:
    (row,) = await door.rows("SELECT state, ended_reason FROM referrals")
    return row.state, row.ended_reason


async def test_an_update_amends_and_is_answered(door: Door) -> None:
    referral_id = await sent_first(door)
    answer = await send(
        door, update(mobility("hoist")), **{"use-context": "hw-d1|referral|servicerequest-request|update"}
    )
    assert answer["status"] == 200
    assert resource(answer, "MessageHeader")["reason"]["coding"][0]["code"] == "update"
    assert resource(answer, "ServiceRequest")["identifier"][0]["value"] == str(referral_id)
    (row,) = await door.rows("SELECT facts FROM referrals")
    assert row.facts["mobility"] == "hoist"
    events = await door.rows("SELECT type FROM outbox ORDER BY seq")
    assert "discharge.referral.amended.v1" in {event.type for event in events}


def patient(**said: object) -> Change:
    def change(bundle: Json) -> None:
        resource(bundle, "Patient").update(said)

    return change


NEW_NAME = [{"use": "official", "family": "Newname", "given": ["Ada", "Jane"]}]
NEW_HOME = [{"use": "home", "line": ["7 New Street"], "city": "Bromley", "postalCode": "BR6 0AA"}]


async def test_an_update_corrects_name_and_address(door: Door) -> None:
    await sent_first(door)
    assert (await send(door, update(patient(name=NEW_NAME, address=NEW_HOME))))["status"] == 200
    (person,) = await door.rows("SELECT * FROM people")
    assert (person.family_name, person.given_name, person.postcode) == ("Newname", "Ada Jane", "BR6 0AA")
    assert list(person.address_lines) == ["7 New Street", "Bromley"]
    (row,) = await door.rows("SELECT facts FROM referrals")
    assert row.facts["outward_postcode"] == "BR6"
    (told,) = await door.rows("SELECT payload FROM outbox WHERE type = 'discharge.referral.amended.v1'")
    assert '"outward_postcode":"BR6"' in told.payload
    assert "Newname" not in told.payload


async def test_what_an_update_does_not_say_of_the_person_stays(door: Door) -> None:
    await sent_first(door)
    (before,) = await door.rows("SELECT * FROM people")
    assert (await send(door, update(patient(address=[], name=[]))))["status"] == 200
    (after,) = await door.rows("SELECT * FROM people")
    assert (after.family_name, after.address_lines, after.postcode) == (
        before.family_name,
        before.address_lines,
        before.postcode,
    )


async def test_an_update_about_somebody_else_is_refused(door: Door) -> None:
    await sent_first(door)
    answer = await send(door, update(patient(name=NEW_NAME, birthDate="1951-02-03", identifier=[])))
    assert coding(answer) == (409, "REC_CONFLICT", "conflict")
    (person,) = await door.rows("SELECT family_name FROM people")
    assert person.family_name != "Newname"


async def test_an_update_that_is_sent_again_is_a_duplicate(door: Door) -> None:
    await sent_first(door)
    headers = identifiers()
    assert (await send(door, update(mobility("hoist")), **headers))["status"] == 200
    assert coding(await send(door, update(mobility("hoist")), **headers)) == (409, "REC_CONFLICT", "duplicate")


async def test_an_update_says_that_the_person_must_stay(door: Door) -> None:
    await sent_first(door)
    assert (await send(door, update(meets("iv_fluids", "2026-11-20T10:30:00Z"))))["status"] == 200
    (row,) = await door.rows("SELECT facts FROM referrals")
    assert row.facts["criteria_to_reside"] == ["iv_fluids"]
    events = await door.rows("SELECT type FROM outbox ORDER BY seq")
    assert "discharge.referral.readiness_changed.v1" in {event.type for event in events}


async def test_an_update_answers_a_query(door: Door) -> None:
    referral_id = await sent_first(door)
    async with door.database.transaction(actor="staff/1") as tx:
        await query_referral(tx, referral_id, [Missing.MOBILITY], Access())
    assert (await state_of(door))[0] == ReferralState.QUERIED
    assert (await send(door, update(mobility("hoist"))))["status"] == 200
    assert (await state_of(door))[0] == ReferralState.RECEIVED


@pytest.mark.parametrize(
    ("status", "reason_"), [("revoked", "no_longer_needed"), ("entered-in-error", "entered_in_error")]
)
async def test_a_cancellation_withdraws(door: Door, status: str, reason_: str) -> None:
    await sent_first(door)
    answer = await send(door, bars(*cancelling(status), LATER))
    assert answer["status"] == 200
    assert resource(answer, "ServiceRequest")["status"] == status
    assert await state_of(door) == ("withdrawn", reason_)


async def test_a_cancellation_may_say_why(door: Door) -> None:
    await sent_first(door)
    system = "https://homeward.example/fhir/CodeSystem/withdraw-reason"
    why = [{"coding": [{"system": system, "code": "self_discharged"}], "text": "Left with a friend"}]
    await send(door, bars(*cancelling(), setting("ServiceRequest", "reasonCode", why), LATER))
    assert await state_of(door) == ("withdrawn", "self_discharged")
    assert "Left with a friend" in {row.text for row in await door.rows("SELECT text FROM notes")}


async def test_a_reason_that_is_not_one_of_ours_is_refused(door: Door) -> None:
    await sent_first(door)
    why = [{"coding": [{"system": "https://homeward.example/fhir/CodeSystem/withdraw-reason", "code": "SECRET"}]}]
    answer = await send(door, bars(*cancelling(), setting("ServiceRequest", "reasonCode", why), LATER))
    assert coding(answer) == (400, "REC_BAD_REQUEST", "code-invalid")
    assert answer["issue"][0]["expression"] == ["ServiceRequest.reasonCode"]
    assert "SECRET" not in str(answer)
    assert await state_of(door) == ("received", None)


async def test_the_published_order_of_things_what_is_not_current_is_not_cancelled_again(door: Door) -> None:
    await sent_first(door)
    await send(door, bars(*cancelling(), LATER))
    again = await send(door, bars(*cancelling(), LATER))
    assert coding(again) == (409, "REC_CONFLICT", "conflict")


def named(referral_id: object, *, by: str, version: str | None = None) -> Change:
    """Name the referral by our identifier or our id, under another Bundle.id."""

    def change(bundle: Json) -> None:
        bundle["id"] = str(uuid4())
        request = resource(bundle, "ServiceRequest")
        if by == "id":
            request["id"] = str(referral_id)
            request["meta"]["versionId"] = version or "9"
        else:
            request["identifier"] = [{"system": "https://homeward.example/Id/referral", "value": str(referral_id)}]

    return change


@pytest.mark.parametrize("by", ["id", "identifier"])
async def test_a_referral_may_be_named_by_the_number_it_has_here(door: Door, by: str) -> None:
    referral_id = await sent_first(door)
    assert (await send(door, bars(*cancelling(), LATER, named(referral_id, by=by))))["status"] == 200
    assert (await state_of(door))[0] == "withdrawn"


@pytest.mark.parametrize("changes", [(reason("update"),), cancelling()])
async def test_an_unknown_original_is_not_found(door: Door, changes: tuple[Change, ...]) -> None:
    answer = await send(door, bars(*changes, named(NOT_OURS, by="identifier")))
    assert coding(answer) == (404, "REC_NOT_FOUND", "not-found")


async def test_another_organisations_referral_is_not_found(door: Door) -> None:
    await sent_first(door)
    elsewhere = door.issuer.headers(Role.WARD_SYSTEM, subject="client/elsewhere", org="RJ1")
    assert coding(await send(door, bars(*cancelling(), LATER), **elsewhere)) == (404, "REC_NOT_FOUND", "not-found")
    assert (await state_of(door))[0] == "received"


async def test_an_older_message_does_not_undo_a_newer_one(door: Door) -> None:
    await sent_first(door)
    assert (await send(door, update(mobility("hoist"))))["status"] == 200
    late = bars(reason("update"), sent_on("2026-11-20T10:30:00+00:00"), mobility("independent"))
    assert coding(await send(door, late)) == (409, "REC_CONFLICT", "conflict")
    (row,) = await door.rows("SELECT facts FROM referrals")
    assert row.facts["mobility"] == "hoist"


async def test_a_sender_whose_clock_was_ahead_can_still_change_and_cancel(door: Door) -> None:
    assert (await send(door, bars(sent_on("2099-01-01T00:00:00Z"))))["status"] == 200
    assert (await send(door, bars(reason("update"), written_now(), mobility("hoist"))))["status"] == 200
    assert (await send(door, bars(*cancelling(), written_now())))["status"] == 200
    assert await state_of(door) == (ReferralState.WITHDRAWN, "no_longer_needed")


async def test_a_change_to_a_version_that_is_no_longer_current_is_a_conflict(door: Door) -> None:
    referral_id = await sent_first(door)
    stale = bars(reason("update"), LATER, mobility("hoist"), named(referral_id, by="id", version="1"))
    assert (await send(door, update(mobility("two_people"))))["status"] == 200
    assert coding(await send(door, stale)) == (409, "REC_CONFLICT", "conflict")


async def test_a_cancellation_about_somebody_else_is_refused(door: Door) -> None:
    await sent_first(door)

    def somebody_else(bundle: Json) -> None:
        resource(bundle, "Patient")["identifier"][0]["value"] = "9990000018"

    answer = await send(door, bars(*cancelling(), LATER, somebody_else))
    assert (answer["status"], answer["issue"][0]["code"]) == (409, "conflict")
    assert (await state_of(door))[0] == "received"


async def test_a_change_is_audited_and_so_is_its_refusal(door: Door) -> None:
    await sent_first(door)
    await send(door, bars(*cancelling(), LATER))
    await send(door, bars(*cancelling(), LATER))
    rows = await door.rows("SELECT action, outcome FROM audit_log WHERE actor = 'client/ward-tests'")
    assert {("withdraw_referral", "ok"), ("process_message", "referral_has_ended")} <= {tuple(row) for row in rows}
