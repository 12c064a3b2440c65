"""Possible duplicates: who raises them, and how a coordinator decides."""

from typing import Any

import httpx
import pytest
from intake_builders import movement_in, person_in, referral_in
from intake_database import Intake

from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.domain.codes import Trigger, VerificationStatus

PATH = "/api/v1/people/possible-duplicates"
VERIFIED = VerificationStatus.PRESENT_AND_VERIFIED
Json = dict[str, Any]  # Any: JSON


@pytest.fixture
def coordinator(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("coordinator", org="SPA01")


async def look_alikes(intake: Intake, *numbers: str) -> None:
    for number in numbers:
        await intake.receive(referral_in(person=person_in(hospital_number=number)))


async def listed(api: httpx.AsyncClient, headers: dict[str, str], **query: object) -> Json:
    answer = await api.get(PATH, params=query, headers=headers)  # type: ignore[arg-type]  # httpx takes them as text
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def decide(
    api: httpx.AsyncClient, headers: dict[str, str], item: Json, decision: str, version: int | None = None
) -> httpx.Response:
    given = headers | {"If-Match": f'"{version or item["version"]}"'}
    body = {"decision": decision, "reason": "records_compared"}
    return await api.post(f"{PATH}/{item['duplicate_id']}/decide", json=body, headers=given)


async def test_the_same_name_birth_date_and_postcode_raise_one_question(
    api: httpx.AsyncClient, intake: Intake, coordinator: dict[str, str]
) -> None:
    await look_alikes(intake, "H1", "H2")
    await intake.move(movement_in(Trigger.UPDATE_PERSON, person=person_in(hospital_number="H2")))
    found = await listed(api, coordinator)
    (item,) = found["items"]
    assert (item["because"], item["decision"], found["waiting"]) == ("details", None, 1)
    assert item["agrees"] == ["family_name", "given_name", "born_on", "postcode"]
    assert {person["hospital_number"] for person in item["people"]} == {"H1", "H2"}
    assert "patient.merged" not in await intake.names()
    assert (await api.get(f"{PATH}/waiting", headers=coordinator)).json() == {"waiting": 1}


async def test_two_verified_numbers_are_two_people(
    api: httpx.AsyncClient, intake: Intake, coordinator: dict[str, str]
) -> None:
    for hospital_number, nhs_number in (("H1", "9990000018"), ("H2", "9990000026")):
        named = person_in(hospital_number=hospital_number, nhs_number=nhs_number, verification_status=VERIFIED)
        await intake.receive(referral_in(person=named))
    assert (await listed(api, coordinator))["items"] == []


async def test_a_coordinator_decides_and_takes_it_back(
    api: httpx.AsyncClient, intake: Intake, coordinator: dict[str, str]
) -> None:
    await look_alikes(intake, "H1", "H2")
    (item,) = (await listed(api, coordinator))["items"]
    same = await decide(api, coordinator, item, "same")
    assert (same.status_code, same.json()["decision"]) == (200, "same"), same.text
    assert (await listed(api, coordinator))["items"] == []
    (decided,) = (await listed(api, coordinator, decided=True))["items"]
    assert decided["is_one_person"]
    assert decided["decided_by"].startswith("staff/")
    one, other = decided["keys"]
    read = (await api.get(f"/api/v1/people/{one}", headers=coordinator)).json()
    assert read["other_keys"] == [other]
    again = await decide(api, coordinator, decided, "same")
    assert (again.status_code, again.json()["type"]) == (409, "urn:homeward:problem:possible_duplicate_decided")
    undone = await decide(api, coordinator, decided, "different")
    assert undone.status_code == 200
    names = await intake.names()
    assert [name for name in names if "merged" in name] == ["patient.merged", "patient.unmerged"]
    assert not (await api.get(f"{PATH}/{item['duplicate_id']}", headers=coordinator)).json()["is_one_person"]


async def test_a_stale_decision_is_refused_and_so_is_another_role(
    api: httpx.AsyncClient, intake: Intake, coordinator: dict[str, str], token_issuer: TokenIssuer
) -> None:
    await look_alikes(intake, "H1", "H2")
    (item,) = (await listed(api, coordinator))["items"]
    nurse = token_issuer.headers("nurse", org="SPA01")
    assert (await decide(api, nurse, item, "same")).status_code == 403
    assert (await decide(api, coordinator, item, "different")).status_code == 200
    assert (await decide(api, coordinator, item, "same")).status_code == 412
    ward = token_issuer.headers("ward_system", org="RJZ")
    assert (await api.get(PATH, headers=ward)).status_code == 403


async def test_the_list_has_pages(api: httpx.AsyncClient, intake: Intake, coordinator: dict[str, str]) -> None:
    await look_alikes(intake, "H1", "H2", "H3", "H4")
    first = await listed(api, coordinator, limit=2)
    second = await listed(api, coordinator, limit=2, after=first["next"])
    ids = [item["duplicate_id"] for item in first["items"] + second["items"]]
    assert len(ids) == len(set(ids)) == first["waiting"]
    assert second["next"] is None


async def test_what_is_not_there_is_not_found(api: httpx.AsyncClient, coordinator: dict[str, str]) -> None:
    missing = {"duplicate_id": "5d3c6a52-7e0b-4c1d-9a44-000000000001", "version": 1}
    assert (await api.get(f"{PATH}/{missing['duplicate_id']}", headers=coordinator)).status_code == 404
    assert (await decide(api, coordinator, missing, "same")).status_code == 404
