"""A client's own referrals by FHIR: read, searched page by page, and the state of the work on them."""

import json
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import httpx
import pytest
from door_builders import NHS_NUMBER, Json, bars, cancelling, resource, sent_on, setting, structure
from door_service import Door, coding, open_door, send
from fhir.resources.R4B.servicerequest import ServiceRequest
from fhir.resources.R4B.task import Task

from homeward_kit.auth import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.adapters.db import progress
from spa_intake.adapters.db.progress import CaseNews, PackageNews
from spa_intake.domain.codes import Missing
from spa_intake.use_cases.accept_referral import accept_referral
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.query_referral import query_referral

BASE = "/fhir/R4"
BY_NUMBER = f"patient:identifier=https://fhir.nhs.uk/Id/nhs-number|{NHS_NUMBER}"
BY_HOSPITAL_NUMBER = "patient:identifier=https://homeward.example/Id/hospital-number|H7700121"


@pytest.fixture
async def door(make_database: Callable[[str], Database], token_issuer: TokenIssuer) -> AsyncIterator[Door]:
    async with open_door(make_database("spa_intake"), token_issuer) as opened:
        yield opened


async def get(door: Door, path: str, **headers: str) -> httpx.Response:
    """A read; whatever comes back is FHIR R4, and the address of no answer holds a person's number."""
    answer = await door.client.get(f"{BASE}/{path}", headers=door.ward() | headers)
    checked(answer)
    return answer


def checked(answer: httpx.Response) -> None:
    if answer.status_code == 304:
        return
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert list(structure().faults(answer.json(), "Answer")) == []
    assert NHS_NUMBER not in answer.text


async def sent_referral(door: Door, **headers: str) -> UUID:
    answer = await send(door, bars(), **headers)
    assert answer["status"] == 200
    return UUID(answer["headers"]["Location"].rpartition("/")[2])


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    return coding(answer.json() | {"status": answer.status_code})


async def test_a_referral_is_read_with_its_version(door: Door) -> None:
    referral_id = await sent_referral(door)
    answer = await get(door, f"ServiceRequest/{referral_id}")
    found = answer.json()
    ServiceRequest.model_validate(found)
    assert (found["id"], found["status"], found["intent"]) == (str(referral_id), "active", "plan")
    assert answer.headers["ETag"] == f'W/"{found["meta"]["versionId"]}"'
    again = await get(door, f"ServiceRequest/{referral_id}", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    changed = await get(door, f"ServiceRequest/{referral_id}", **{"If-None-Match": 'W/"999"'})
    assert changed.status_code == 200


@pytest.mark.parametrize("query", [BY_NUMBER, BY_HOSPITAL_NUMBER, BY_NUMBER.replace(":identifier", ".identifier")])
async def test_a_referral_is_found_by_a_number_of_its_person(door: Door, query: str) -> None:
    referral_id = await sent_referral(door)
    found = (await get(door, f"ServiceRequest?{query}")).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [str(referral_id)]
    assert found["link"] == [{"relation": "self", "url": f"http://service.test{BASE}/ServiceRequest"}]


async def test_a_search_by_form_finds_the_same(door: Door) -> None:
    referral_id = await sent_referral(door)
    form = {"patient:identifier": f"https://fhir.nhs.uk/Id/nhs-number|{NHS_NUMBER}"}
    answer = await door.client.post(f"{BASE}/ServiceRequest/_search", data=form, headers=door.ward())
    checked(answer)
    assert [entry["resource"]["id"] for entry in answer.json()["entry"]] == [str(referral_id)]


async def test_a_number_that_is_not_verified_finds_what_was_sent_with_it(door: Door) -> None:
    def unverified(bundle: Json) -> None:
        resource(bundle, "Patient")["identifier"][0] = {
            "system": "https://fhir.nhs.uk/Id/nhs-number",
            "value": "1234567890",
        }

    await send(door, bars(unverified))
    found = (await get(door, f"ServiceRequest?{BY_NUMBER.replace(NHS_NUMBER, '1234567890')}")).json()
    assert len(found["entry"]) == 1


async def test_pages_follow_each_other_without_the_number(door: Door) -> None:
    sent = []
    for hour in range(5):
        first = bars(setting("Bundle", "id", str(uuid4())), sent_on(f"2026-11-20T0{hour}:00:00Z"))
        sent.append((await send(door, first))["headers"]["Location"].rpartition("/")[2])
        cancellation = bars(*cancelling(), setting("Bundle", "id", first["id"]), sent_on(f"2026-11-20T0{hour}:30:00Z"))
        assert (await send(door, cancellation))["status"] == 200
    found, path = [], f"ServiceRequest?{BY_NUMBER}&_count=2"
    while path:
        page = (await get(door, path)).json()
        found += [entry["resource"]["id"] for entry in page["entry"]]
        links = {link["relation"]: link["url"] for link in page["link"]}
        path = links.get("next", "").removeprefix(f"http://service.test{BASE}/")
    assert found == sent


@pytest.mark.parametrize(
    "query",
    [
        "",
        "patient:identifier=9990001219",
        "patient:identifier=https://example.org/x|1",
        f"{BY_NUMBER}&status=active",
        f"{BY_NUMBER}&_count=x",
        f"{BY_NUMBER}&{BY_NUMBER}",
        f"{BY_NUMBER}&_id=1",
        "_after=1",
        "patient:identifier=%ff",
        "&".join(f"p{number}=1" for number in range(30)),
    ],
)
async def test_a_search_that_cannot_be_done_is_refused_without_its_values(door: Door, query: str) -> None:
    answer = await get(door, f"ServiceRequest?{query}")
    assert answer.status_code == 400
    assert "9990001219" not in answer.text


async def test_another_organisations_referrals_are_not_there(door: Door) -> None:
    referral_id = await sent_referral(door)
    elsewhere = door.issuer.headers(Role.WARD_SYSTEM, org="RJ1")
    for name in ("ServiceRequest", "Task"):
        read = await get(door, f"{name}/{referral_id}", **elsewhere)
        assert refusal(read) == (404, "REC_NOT_FOUND", "not-found")
    for query in (
        f"ServiceRequest?{BY_NUMBER}",
        f"ServiceRequest?_id={referral_id}",
        f"Task?focus={referral_id}",
        f"ServiceRequest?_after={referral_id}",
    ):
        assert "entry" not in (await get(door, query, **elsewhere)).json()


@pytest.mark.parametrize(
    "path", ["ServiceRequest/x", f"ServiceRequest/{UUID(int=1)}", "Task/x", "Nonsense", "Nonsense/1"]
)
async def test_what_is_not_there(door: Door, path: str) -> None:
    assert refusal(await get(door, path)) == (404, "REC_NOT_FOUND", "not-found")


@pytest.mark.parametrize("path", ["Slot", "Appointment/1", "DocumentReference", "HealthcareService", "Endpoint"])
async def test_what_of_bars_is_not_built(door: Door, path: str) -> None:
    assert refusal(await get(door, path)) == (501, "REC_NOT_IMPLEMENTED", "not-supported")


async def test_another_method_is_not_allowed(door: Door) -> None:
    answer = await door.client.put(f"{BASE}/ServiceRequest/{uuid4()}", headers=door.ward())
    assert refusal(answer) == (405, "REC_METHOD_NOT_ALLOWED", "not-supported")
    assert refusal(await get(door, "$process-message")) == (405, "REC_METHOD_NOT_ALLOWED", "not-supported")


async def test_xml_is_not_spoken(door: Door) -> None:
    answer = await get(door, f"ServiceRequest/{uuid4()}", Accept="application/fhir+xml")
    assert refusal(answer) == (406, "REC_NOT_ACCEPTABLE", "processing")
    answer = await get(door, f"ServiceRequest?{BY_NUMBER}&_format=xml")
    assert answer.status_code == 406


async def test_reads_need_a_client(door: Door) -> None:
    answer = await door.client.get(f"{BASE}/Task/{uuid4()}")
    assert refusal(answer) == (401, "REC_UNAUTHORIZED", "security")
    answer = await door.client.get(f"{BASE}/Task/{uuid4()}", headers=door.staff())
    assert refusal(answer) == (403, "REC_FORBIDDEN", "forbidden")


async def test_the_message_definitions_are_open(door: Door) -> None:
    found = (await get(door, "MessageDefinition")).json()
    assert found["total"] == 3
    for entry in found["entry"]:
        one = await get(door, f"MessageDefinition/{entry['resource']['id']}")
        assert one.json() == entry["resource"]
    assert (await get(door, "MessageDefinition/x")).status_code == 404


async def the_task(door: Door, referral_id: UUID) -> Json:
    answer = await get(door, f"Task/{referral_id}")
    found: Json = answer.json()
    Task.model_validate(found)
    assert answer.headers["ETag"] == f'W/"{found["meta"]["versionId"]}"'
    return found


def said(task: Json) -> tuple[str, str, str | None]:
    owner = task.get("owner", {})
    name = owner.get("display") or owner.get("identifier", {}).get("value")
    return task["status"], task["businessStatus"]["coding"][0]["code"], name


HUB = "Homeward single point of access"


async def test_the_task_tells_where_the_work_stands_and_whose_move_it_is(door: Door) -> None:
    referral_id = await sent_referral(door)
    assert said(await the_task(door, referral_id)) == ("requested", "received", HUB)
    async with door.database.transaction(actor="staff/1") as tx:
        await query_referral(tx, referral_id, [Missing.MOBILITY], Access())
    queried = await the_task(door, referral_id)
    assert said(queried) == ("on-hold", "queried", "RJZ")
    assert [coding_["code"] for coding_ in queried["statusReason"]["coding"]] == ["mobility"]
    await send(door, bars(*cancelling(), sent_on("2026-11-21T10:00:00Z")))
    assert said(await the_task(door, referral_id)) == ("cancelled", "withdrawn", None)


async def test_the_task_changes_with_what_the_other_services_say(door: Door) -> None:
    referral_id = await sent_referral(door)
    async with door.database.transaction(actor="staff/1") as tx:
        await accept_referral(tx, referral_id, Access())
    accepted = await the_task(door, referral_id)
    assert said(accepted) == ("accepted", "accepted", HUB)
    async with door.database.transaction() as tx:
        await progress.follow_case(tx, CaseNews(referral_id, 1, "assessing", is_paused=False, is_returned=False))
    assessing = await the_task(door, referral_id)
    assert said(assessing) == ("in-progress", "assessing", HUB)
    assert assessing["meta"]["versionId"] != accepted["meta"]["versionId"]
    async with door.database.transaction() as tx:
        await progress.follow_case(tx, CaseNews(referral_id, 2, "decided", is_paused=False, is_returned=False))
        await progress.follow_package(tx, PackageNews(referral_id, uuid4(), 1, "agreed", []))
    assert said(await the_task(door, referral_id)) == ("in-progress", "care_agreed", "RJZ")


@pytest.mark.parametrize("name", ["focus", "based-on"])
@pytest.mark.parametrize("form", ["{}", "ServiceRequest/{}", "http://service.test/fhir/R4/ServiceRequest/{}"])
async def test_a_task_is_found_by_its_referral(door: Door, name: str, form: str) -> None:
    referral_id = await sent_referral(door)
    found = (await get(door, f"Task?{name}={form.format(referral_id)}")).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [str(referral_id)]


async def test_a_search_leaves_the_number_nowhere(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    await sent_referral(door)
    await get(door, f"ServiceRequest?{BY_NUMBER}")
    rows = await door.rows(
        "SELECT action, subject, patient_key, outcome FROM audit_log WHERE action = 'find_referrals'"
    )
    assert len(rows) == 1
    assert rows[0].patient_key is not None
    told = capsys.readouterr().out + json.dumps([tuple(row) for row in rows], default=str)
    assert "/fhir/R4/ServiceRequest" in told
    assert NHS_NUMBER not in told
