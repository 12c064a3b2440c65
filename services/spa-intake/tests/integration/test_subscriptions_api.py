from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from intake_builders import movement_in, person_in
from intake_database import Intake
from webhook_receiver import Receiver, running_receiver
from webhook_sending import HERE, Names, Sending, open_sending

from homeward_kit.testing.tokens import TokenIssuer
from spa_intake.adapters.events import consumed
from spa_intake.adapters.webhooks.resolving import Guard
from spa_intake.domain.codes import DeclineReason, Trigger
from spa_intake.domain.referral_commands import Decline
from spa_intake.domain.target import TargetRules
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.decline_referral import decline_referral

PLACE = "/api/v1/subscriptions"
URL = "https://receiver.test/homeward"


@pytest.fixture
def ward(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("ward_system", org="RJZ")


@pytest.fixture
def manager(token_issuer: TokenIssuer) -> dict[str, str]:
    return token_issuer.headers("manager", org="SPA01")


@pytest.fixture
def names(api: httpx.AsyncClient) -> Names:
    """Look-ups are answered by the test."""
    answers = Names([["93.184.216.34"]])
    _guard(api, TargetRules(), answers)
    return answers


def _guard(api: httpx.AsyncClient, rules: TargetRules, names: Names) -> None:
    transport: Any = api._transport  # Any: the application behind the client
    transport.app.state.webhook_guard = Guard(rules, names.resolve)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with running_receiver(tmp_path) as running:
        yield running


@pytest.fixture
async def sending(intake: Intake, receiver: Receiver) -> AsyncIterator[Sending]:
    async with open_sending(intake, receiver) as opened:
        yield opened


def at(version: int, headers: dict[str, str]) -> dict[str, str]:
    return headers | {"If-Match": f'"{version}"'}


async def subscribe(api: httpx.AsyncClient, headers: dict[str, str], **fields: object) -> dict[str, Any]:  # Any: JSON
    answer = await api.post(PLACE, json={"url": URL} | fields, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_the_secret_is_shown_once(api: httpx.AsyncClient, ward: dict[str, str], names: Names) -> None:
    keyed = ward | {"Idempotency-Key": str(uuid4())}
    answer = await api.post(PLACE, json={"url": URL, "event_types": ["referral.queried"]}, headers=keyed)
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert made["secret"].startswith("whsec_")
    assert (made["organisation"], made["state"], made["event_types"]) == ("RJZ", "active", ["referral.queried"])
    names.answers = [[]]
    again = await api.post(PLACE, json={"url": URL, "event_types": ["referral.queried"]}, headers=keyed)
    assert again.json() == made
    read = await api.get(answer.headers["location"], headers=ward)
    del made["secret"]
    assert read.json() == made
    assert (await api.get(PLACE, headers=ward)).json() == {"items": [made], "next": None}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://receiver.test/", "scheme"),
        ("https://user:word@receiver.test/", "user_info"),
        ("https://10.0.0.1/", "address"),
        ("https://[::1]/", "address"),
        ("not an address", "malformed"),
    ],
)
async def test_a_target_is_refused_without_repeating_it(
    api: httpx.AsyncClient, ward: dict[str, str], names: Names, url: str, reason: str
) -> None:
    answer = await api.post(PLACE, json={"url": url}, headers=ward)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:homeward:problem:target_refused")
    assert answer.json()["reason"] == reason
    assert url not in answer.text
    assert (await api.get(PLACE, headers=ward)).json()["items"] == []


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [(["169.254.169.254"], "address"), (["93.184.216.34", "::1"], "address"), ([], "name_not_known")],
)
async def test_a_name_that_leads_into_a_network_is_refused(
    api: httpx.AsyncClient, ward: dict[str, str], names: Names, addresses: list[str], reason: str
) -> None:
    names.answers = [addresses]
    answer = await api.post(PLACE, json={"url": URL}, headers=ward)
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": URL, "event_types": ["referral.exploded"]}, "/event_types/0"),
        ({"url": URL, "secret": "mine"}, ""),
        ({}, "/url"),
        ({"url": URL, "organisation": "x y"}, "/organisation"),
    ],
)
async def test_wrong_fields_are_named(
    api: httpx.AsyncClient, ward: dict[str, str], names: Names, body: dict[str, Any], pointer: str
) -> None:
    answer = await api.post(PLACE, json=body, headers=ward)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_who_may_do_what(
    api: httpx.AsyncClient,
    ward: dict[str, str],
    manager: dict[str, str],
    token_issuer: TokenIssuer,
    names: Names,
) -> None:
    made = await subscribe(api, ward)
    place = made["links"]["self"]
    other = token_issuer.headers("ward_system", org="RJ1")
    assert (await api.get(place, headers=other)).status_code == 404
    assert (await api.get(f"{place}/deliveries", headers=other)).status_code == 404
    for step in ("pause", "rotate", "test"):
        assert (await api.post(f"{place}/{step}", headers=at(1, other))).status_code == 404, step
    replay = await api.post(f"{place}/replay", json={"dead_since": "2026-11-02T09:00:00Z"}, headers=other)
    assert replay.status_code == 404
    assert (await api.delete(place, headers=at(1, other))).status_code == 404
    assert (await api.get(PLACE, headers=other)).json()["items"] == []
    assert (await api.post(PLACE, json={"url": URL, "organisation": "RJZ"}, headers=other)).status_code == 403
    assert (await api.get(PLACE, headers=token_issuer.headers("coordinator"))).status_code == 403
    assert (await api.get(PLACE)).status_code == 401
    assert len((await api.get(PLACE, headers=manager)).json()["items"]) == 1
    assert (await api.post(f"{place}/pause", headers=at(1, manager))).status_code == 200
    assert (await api.post(PLACE, json={"url": URL}, headers=manager)).status_code == 422
    assert (await subscribe(api, manager, organisation="RJ1"))["organisation"] == "RJ1"


async def test_it_is_paused_resumed_rotated_and_deleted(
    api: httpx.AsyncClient, ward: dict[str, str], names: Names, intake: Intake
) -> None:
    made = await subscribe(api, ward)
    place = made["links"]["self"]
    assert (await api.post(f"{place}/pause", headers=ward)).status_code == 428
    assert (await api.post(f"{place}/pause", headers=at(7, ward))).status_code == 412
    for version, step, state in ((1, "pause", "paused"), (2, "resume", "active")):
        moved = await api.post(f"{place}/{step}", headers=at(version, ward))
        assert (moved.status_code, moved.json()["state"], moved.headers["etag"]) == (200, state, f'"{version + 1}"')
    rotated = (await api.post(f"{place}/rotate", headers=at(3, ward))).json()
    assert rotated["secret"] != made["secret"]
    assert rotated["previous_secret_until"] is not None
    assert (await api.delete(place, headers=at(4, ward))).status_code == 204
    assert (await api.get(place, headers=ward)).status_code == 404
    assert (await api.delete(place, headers=at(5, ward))).status_code == 404
    async with intake.database.transaction() as tx:
        rows = await tx.execute(
            "SELECT action FROM audit_log WHERE subject = :place AND outcome = 'ok' ORDER BY id",
            {"place": f"subscription/{made['subscription_id']}"},
        )
        actions = [action for action in rows.scalars() if not action.startswith("read_")]
    assert actions == [
        "create_subscription",
        "pause_subscription",
        "resume_subscription",
        "rotate_secret",
        "delete_subscription",
    ]


async def test_an_organisation_has_only_so_many(api: httpx.AsyncClient, ward: dict[str, str], names: Names) -> None:
    for _ in range(20):
        await subscribe(api, ward)
    answer = await api.post(PLACE, json={"url": URL}, headers=ward)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:homeward:problem:too_many_subscriptions")
    first = (await api.get(f"{PLACE}?limit=15", headers=ward)).json()
    then = (await api.get(f"{PLACE}?limit=15&after={first['next']}", headers=ward)).json()
    listed = {item["subscription_id"] for item in (*first["items"], *then["items"])}
    assert (len(listed), then["next"]) == (20, None)


async def test_what_was_sent_is_seen_and_sent_again(
    api: httpx.AsyncClient, ward: dict[str, str], sending: Sending, receiver: Receiver
) -> None:
    _guard(api, HERE, Names())
    place = (await subscribe(api, ward, url=receiver.url))["links"]["self"]
    receiver.answer = lambda _: (503, {})
    tested = await api.post(f"{place}/test", headers=ward)
    assert tested.status_code == 202
    await sending.refer()
    await sending.deliver()
    listed = (await api.get(f"{place}/deliveries", headers=ward)).json()
    assert [(one["type"], one["state"], one["attempts"], one["last_error"]) for one in listed["items"]] == [
        ("referral.received", "pending", 1, "status_503"),
        ("subscription.tested", "pending", 1, "status_503"),
    ]
    assert listed["items"][1]["webhook_id"] == tested.json()["webhook_id"]
    assert listed["items"][0]["next_try_at"] is not None
    health = (await api.get(place, headers=ward)).json()["health"]
    assert (health["waiting"], health["failures"], health["last_error"]) == (2, 2, "status_503")
    assert health["failing_since"] is not None
    sending.later(hours=25)
    await sending.deliver()
    dead = (await api.get(f"{place}/deliveries?state=dead&limit=1", headers=ward)).json()
    rest = (await api.get(f"{place}/deliveries?state=dead&limit=1&after={dead['next']}", headers=ward)).json()
    assert [one["type"] for one in (*dead["items"], *rest["items"])] == ["referral.received", "subscription.tested"]
    receiver.answer = lambda _: (200, {})
    since = {"dead_since": "2026-01-01T00:00:00Z"}
    replayed = await api.post(f"{place}/replay", json=since, headers=ward)
    assert (replayed.status_code, replayed.json()) == (202, {"replayed": 2})
    await sending.deliver()
    after = (await api.get(f"{place}/deliveries", headers=ward)).json()["items"]
    assert [(one["state"], one["last_status"]) for one in after] == [("delivered", 200)] * 2
    one = {"webhook_id": tested.json()["webhook_id"]}
    assert (await api.post(f"{place}/replay", json=one, headers=ward)).json() == {"replayed": 1}
    unknown = {"webhook_id": f"msg_{uuid4().hex}"}
    assert (await api.post(f"{place}/replay", json=unknown, headers=ward)).status_code == 404
    assert (await api.post(f"{place}/replay", json=one | since, headers=ward)).status_code == 422
    assert (await api.post(f"{place}/replay", json={}, headers=ward)).status_code == 422


async def test_a_test_message_is_not_written_for_a_subscription_that_is_paused(
    api: httpx.AsyncClient, ward: dict[str, str], names: Names
) -> None:
    place = (await subscribe(api, ward))["links"]["self"]
    await api.post(f"{place}/pause", headers=at(1, ward))
    tested = await api.post(f"{place}/test", headers=ward)
    assert (tested.status_code, tested.json()["state"]) == (409, "paused")


async def test_progress_counts_as_a_change_for_those_who_poll(
    api: httpx.AsyncClient, ward: dict[str, str], intake: Intake, sending: Sending
) -> None:
    referral = await sending.refer()
    accepted = await intake.accept(referral)
    before = (await api.get("/api/v1/referrals", headers=ward)).json()["items"][0]["updated_at"]
    case = {"referral_id": accepted.referral_id, "patient_key": accepted.patient_key, "target_on": None}
    await intake.hear(consumed.CaseOpened(**case, state="open", is_paused=False, is_returned=False), 1)
    after = (await api.get("/api/v1/referrals", headers=ward)).json()["items"][0]
    assert after["updated_at"] > before
    assert after["progress"]["case_state"] == "open"


async def test_a_death_counts_as_a_change_of_ended_referrals_too(
    api: httpx.AsyncClient, ward: dict[str, str], intake: Intake, sending: Sending
) -> None:
    referral = await sending.refer()
    decline = Decline(DeclineReason.OUT_OF_AREA)
    await intake.run(lambda tx: decline_referral(tx, referral.referral_id, decline, Access()))
    before = (await api.get("/api/v1/referrals", headers=ward)).json()["items"][0]
    person = person_in(hospital_number="W1")
    await intake.move(movement_in(Trigger.UPDATE_PERSON, 200, person=person, is_dead=True))
    after = (await api.get("/api/v1/referrals", headers=ward)).json()["items"][0]
    assert (before["died"], after["died"]) == (False, True)
    assert after["updated_at"] > before["updated_at"]
