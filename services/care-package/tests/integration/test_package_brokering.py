"""A package from decision to end, through the interface and the runner, on a real database."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from package_service import NOW, Caller, CarePackage, caller

from homeward_kit.callers import Role
from homeward_kit.testing.tokens import TokenIssuer


async def _package(broker: Caller, care: CarePackage) -> Any:  # Any: JSON
    page = await broker.get("/api/v1/packages", referral_id=care.referral_id)
    assert page["next"] is None
    return page["items"][-1]


def _open_offer(package: Any) -> str:  # Any: JSON
    lines = package["lines"]
    (offer_id,) = [offer["offer_id"] for line in lines for offer in line["offers"] if offer["state"] == "sent"]
    return str(offer_id)


async def test_a_package_is_offered_declined_expired_agreed_started_and_ended(
    care: CarePackage, broker: Caller
) -> None:
    for name in ("Abbey Care", "Beckenham Support", "Crofton Home Help"):
        await broker.provider(name)
    await care.accepted()
    await care.decided()
    package = await _package(broker, care)
    first = _open_offer(package)
    declined = await broker.post(f"/api/v1/offers/{first}/decline", {"reason": "no_capacity"}, package["version"])
    assert declined.status_code == 200, declined.text
    assert declined.headers["etag"] == f'"{declined.json()["version"]}"'
    assert len(declined.headers["homeward-events"].split(",")) == 2

    await care.pass_hours(2)  # nobody answers
    package = await _package(broker, care)
    offer_id = _open_offer(package)
    accepted = await broker.post(f"/api/v1/offers/{offer_id}/accept", {"start_on": "2026-03-06"}, package["version"])
    assert accepted.json()["state"] == "agreed"
    line = accepted.json()["lines"][0]
    assert [offer["state"] for offer in line["offers"]] == ["declined", "expired", "accepted"]
    assert [offer["provider_name"] for offer in line["offers"]] == [
        "Abbey Care",
        "Beckenham Support",
        "Crofton Home Help",
    ]

    path = f"/api/v1/packages/{package['package_id']}/lines/{line['line_id']}"
    started = await broker.post(f"{path}/start", {}, accepted.json()["version"])
    assert started.json()["state"] == "started"
    ended = await broker.post(f"{path}/end", {"reason": "independent"}, started.json()["version"])
    assert (ended.json()["state"], ended.json()["lines"][0]["reason"]) == ("ended", "independent")
    assert await care.told() == [
        "package.opened",
        "offer.sent",
        "offer.declined",
        "offer.sent",
        "offer.expired",
        "offer.sent",
        "offer.accepted",
        "package.agreed",
        "package.started",
        "package.ended",
    ]
    rows = await care.rows(f"SELECT aggregate_version FROM outbox WHERE key = '{care.patient_key}' ORDER BY seq")  # noqa: S608 — a UUID
    assert [row["aggregate_version"] for row in rows] == list(range(1, 11))
    assert await care.rows("SELECT * FROM timers") == []


async def test_handing_back_resuming_falling_through_and_cancelling(care: CarePackage, broker: Caller) -> None:
    await broker.provider("Abbey Care")
    await care.accepted()
    await care.decided()
    package = await _package(broker, care)
    line_id = package["lines"][0]["line_id"]
    path = f"/api/v1/packages/{package['package_id']}/lines/{line_id}"
    steps: list[tuple[str, dict[str, object], str]] = [
        (f"/api/v1/offers/{_open_offer(package)}/accept", {}, "agreed"),
        (f"{path}/start", {"started_at": NOW.isoformat()}, "started"),
        (f"{path}/hand-back", {"reason": "no_capacity"}, "unfilled"),  # the only one is not asked again
        (f"{path}/resume", {}, "brokering"),
    ]
    version = package["version"]
    for address, body, state in steps:
        answer = await broker.post(address, body, version)
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == state
        version = answer.json()["version"]
    package = await _package(broker, care)
    agreed = await broker.post(f"/api/v1/offers/{_open_offer(package)}/accept", {}, package["version"])
    fallen = await broker.post(f"{path}/fell-through", {"reason": "needs_changed"}, agreed.json()["version"])
    assert fallen.json()["state"] == "unfilled"
    cancelled = await broker.post(f"{path}/cancel", {"reason": "family_provides"}, fallen.json()["version"])
    assert cancelled.json()["state"] == "cancelled"


async def test_refusals_are_answered_as_problems(care: CarePackage, broker: Caller) -> None:
    await broker.provider("Abbey Care")
    await care.accepted()
    await care.decided()
    package = await _package(broker, care)
    version = package["version"]
    offer = f"/api/v1/offers/{_open_offer(package)}"
    line = f"/api/v1/packages/{package['package_id']}/lines/{package['lines'][0]['line_id']}"
    for answer, status, code in [
        (await broker.post(f"{offer}/accept", {}), 428, "version_needed"),
        (await broker.post(f"{offer}/accept", {}, version + 1), 412, "version_conflict"),
        (await broker.post(f"/api/v1/offers/{uuid4()}/accept", {}, version), 404, "offer_not_found"),
        (await broker.post(f"{line}/start", {}, version), 409, "step_not_allowed"),
        (await broker.post(f"{line}x/start", {}, version), 422, "invalid_request"),
        (await broker.post(f"{offer}/decline", {"reason": "Mrs Smith is rude"}, version), 422, "invalid_request"),
        (await broker.post(f"/api/v1/packages/{uuid4()}/lines/{uuid4()}/start", {}, version), 404, "package_not_found"),
    ]:
        assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[-1]) == (status, code), answer.text
        assert "Smith" not in answer.text


async def test_a_command_sent_twice_is_done_once(care: CarePackage, broker: Caller) -> None:
    await broker.provider("Abbey Care")
    await care.accepted()
    await care.decided()
    package = await _package(broker, care)
    address, version = f"/api/v1/offers/{_open_offer(package)}/accept", package["version"]
    key = {"Idempotency-Key": str(uuid4())}
    first, second = await asyncio.gather(
        *(
            broker.client.post(address, json={}, headers={**broker.headers, **key, "If-Match": f'"{version}"'})
            for _ in "ab"
        )
    )
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert (await care.told()).count("offer.accepted") == 1


async def test_a_provider_sees_and_answers_its_own_offers_and_nobody(
    care: CarePackage, broker: Caller, token_issuer: TokenIssuer
) -> None:
    own = await broker.provider("Abbey Care")
    other = caller(broker.client, token_issuer, Role.PROVIDER, subject=uuid4())
    provider = caller(broker.client, token_issuer, Role.PROVIDER, subject=UUID(own))
    await care.accepted()
    await care.decided()
    (offer,) = (await provider.get("/api/v1/offers", state="sent"))["items"]
    assert (offer["outward_postcode"], offer["age_band"], offer["visits_per_day"]) == ("BR1", "75-84", 2)
    assert {"patient_key", "referral_id", "package_id"}.isdisjoint(offer)
    assert (await other.get("/api/v1/offers"))["items"] == []
    address, version = f"/api/v1/offers/{offer['offer_id']}", offer["package_version"]
    assert (await other.post(f"{address}/accept", {}, version)).status_code == 404
    assert (await broker.client.get(address, headers=other.headers)).status_code == 404
    assert (await broker.client.get("/api/v1/packages", headers=provider.headers)).status_code == 403
    accepted = await provider.post(f"{address}/accept", {}, version)
    assert accepted.json()["state"] == "accepted"
    assert str(care.patient_key) not in accepted.text
    body = {"provider_id": own, "service": "home_care", "places": 1}
    assert (await provider.post("/api/v1/capacity", body)).status_code == 200
    assert (await other.post("/api/v1/capacity", body)).status_code == 404


async def test_the_last_place_is_given_once(care: CarePackage, broker: Caller) -> None:
    await broker.provider("Abbey Care", places=1)
    people = [CarePackage(care.database) for _ in range(4)]
    for person in people:
        await person.accepted()
    await asyncio.gather(*(person.decided() for person in people))
    states = [row["state"] for row in await care.rows("SELECT state FROM packages ORDER BY state")]
    assert states == ["brokering", "unfilled", "unfilled", "unfilled"]
    (provider,) = (await broker.get("/api/v1/providers"))["items"]
    assert provider["capacity"][0]["places_left"] == 0


async def test_places_declared_are_announced_and_only_for_what_is_offered(care: CarePackage, broker: Caller) -> None:
    provider_id = await broker.provider("Abbey Care")
    (event,) = await care.rows("SELECT key, type, aggregateid, payload FROM outbox")
    assert event["key"] == f"provider/{provider_id}"
    body = {"provider_id": provider_id, "service": "bed", "places": 1}
    assert (await broker.post("/api/v1/capacity", body)).json()["type"].endswith("service_not_offered")
    assert (await broker.post("/api/v1/capacity", body | {"provider_id": str(uuid4())})).status_code == 404
    bad = {"name": "Far Care", "services": ["home_care"], "areas": ["BR1 3AB"]}
    assert (await broker.post("/api/v1/providers", bad)).status_code == 422


async def test_lists_are_paged(care: CarePackage, broker: Caller) -> None:
    for name in ("Abbey Care", "Beckenham Support"):
        await broker.provider(name)
    people = [CarePackage(care.database) for _ in range(3)]
    for person in people:
        await person.accepted()
        await person.decided()
    first = await broker.get("/api/v1/packages", limit=2, state="brokering")
    rest = await broker.get("/api/v1/packages", limit=2, state="brokering", after=first["next"])
    assert [item["referral_id"] for item in first["items"] + rest["items"]] == [str(p.referral_id) for p in people]
    assert rest["next"] is None
    offers = await broker.get("/api/v1/offers", limit=2)
    assert len((await broker.get("/api/v1/offers", after=offers["next"]))["items"]) == 1
    providers = await broker.get("/api/v1/providers", limit=1)
    assert [p["name"] for p in (await broker.get("/api/v1/providers", after=providers["next"]))["items"]] == [
        "Beckenham Support"
    ]


async def test_reading_and_changing_are_audited(care: CarePackage, broker: Caller) -> None:
    await broker.provider("Abbey Care")
    await care.accepted()
    await care.decided()
    package = await _package(broker, care)
    await broker.get(f"/api/v1/packages/{package['package_id']}")
    await broker.post(f"/api/v1/offers/{_open_offer(package)}/accept", {}, package["version"])
    rows = await care.rows("SELECT action, patient_key, role FROM audit_log WHERE patient_key IS NOT NULL ORDER BY 1")
    assert {row["action"] for row in rows} == {
        "note_referral",
        "note_decision",
        "list_packages",
        "read_package",
        "accept_offer",
    }
    assert {row["role"] for row in rows if row["action"].startswith(("read", "accept"))} == {"broker"}
