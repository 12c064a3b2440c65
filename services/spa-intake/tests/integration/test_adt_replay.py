"""What operators see of ADT messages, and the replay of those that were refused."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from door_builders import adt
from door_service import Door, open_door

from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer

PATH = "/api/v1/hl7/adt"
OPS = "/ops/adt-messages"
SECRETS = ("9990001219", "EDITH", "SAMPLE ROAD", "19410309", "H7700121")
MENDED = {"reason": "cause_mended"}


@pytest.fixture
async def door(make_database: Callable[[str], Database], token_issuer: TokenIssuer) -> AsyncIterator[Door]:
    async with open_door(make_database("spa_intake"), token_issuer) as opened:
        yield opened


async def breaking(door: Door) -> None:
    async with door.database.transaction() as tx:
        await tx.execute("ALTER TABLE movements ADD CONSTRAINT broken CHECK (trigger <> 'A03')")


async def mending(door: Door) -> None:
    async with door.database.transaction() as tx:
        await tx.execute("ALTER TABLE movements DROP CONSTRAINT broken")


async def listed(door: Door, **query: str) -> list[dict[str, Any]]:  # Any: JSON
    answer = await door.client.get(OPS, params=query, headers=door.operator())
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["adt_messages"]
    return found


async def replayed(door: Door, message_id: str, **body: object) -> tuple[int, dict[str, Any]]:
    answer = await door.client.post(f"{OPS}/{message_id}/replay", json=MENDED | body, headers=door.operator())
    return answer.status_code, answer.json()


async def test_a_message_that_failed_on_our_side_is_replayed_once_that_is_mended(door: Door) -> None:
    await door.client.post(PATH, content=adt(), headers=door.ward())
    await breaking(door)
    await door.client.post(PATH, content=adt("a03-discharge"), headers=door.ward())
    (message,) = await listed(door)
    assert (message["outcome"], message["condition"], message["message_type"]) == ("in_error", "internal", "ADT^A03")
    await mending(door)

    status, outcome = await replayed(door, message["message_id"])
    assert (status, outcome["is_dry_run"], outcome["outcome"]) == (200, True, "recorded")
    assert len(await door.rows("SELECT 1 FROM movements")) == 1  # a dry run changes nothing
    assert (await listed(door))[0]["outcome"] == "in_error"

    status, outcome = await replayed(door, message["message_id"], is_dry_run=False)
    assert (status, outcome["outcome"]) == (200, "recorded")
    (stay,) = await door.rows("SELECT discharged_at FROM stays")
    assert stay.discharged_at is not None
    assert await listed(door) == []
    taken = await listed(door, outcome="recorded", sending_system="WARDPAS|RJZ")
    assert taken == await listed(door, every="true")
    (row,) = [each for each in taken if each["message_type"] == "ADT^A03"]
    assert (row["replay_reason"], row["replayed_by"] is not None, row["stay_id"] is not None) == (
        "cause_mended",
        True,
        True,
    )
    (audited,) = await door.rows("SELECT outcome FROM audit_log WHERE action = 'adt_message.replay'")
    assert audited.outcome == "recorded"
    assert (await replayed(door, message["message_id"], is_dry_run=False))[0] == 409
    again = await door.client.post(PATH, content=adt("a03-discharge"), headers=door.ward())
    assert "MSA|AA|" in again.text
    assert len(await door.rows("SELECT 1 FROM movements")) == 2


async def test_a_replay_that_is_refused_again_changes_nothing_but_the_record(door: Door) -> None:
    await door.client.post(PATH, content=adt(PID_3=""), headers=door.ward())
    (message,) = await listed(door)
    status, outcome = await replayed(door, message["message_id"], is_dry_run=False)
    assert (status, outcome["outcome"], outcome["condition"]) == (200, "in_error", "unknown_key")
    assert await door.rows("SELECT 1 FROM people") == await door.rows("SELECT 1 FROM outbox") == []
    assert len(await listed(door)) == 1


async def test_a_message_is_shown_without_its_values_unless_asked_for(door: Door) -> None:
    await door.client.post(PATH, content=adt(PID_3=""), headers=door.ward())
    (message,) = await listed(door)
    path = f"{OPS}/{message['message_id']}"
    shown = await door.client.get(path, headers=door.operator())
    assert shown.json()["is_masked"]
    assert shown.json()["segments"][0].startswith("MSH|^~\\&|*|*|*|*|*||*^*^*|*|")
    assert not any(secret in shown.text for secret in SECRETS)
    revealed = await door.client.get(path, params={"reveal": "true"}, headers=door.operator())
    assert "EXAMPLE^EDITH" in "\n".join(revealed.json()["segments"])
    (audited,) = await door.rows("SELECT subject FROM audit_log WHERE action = 'adt_message.revealed'")
    assert audited.subject == f"adt-message/{message['message_id']}"


async def test_only_operators_with_a_reason(door: Door) -> None:
    await door.client.post(PATH, content=adt(PID_3=""), headers=door.ward())
    (message,) = await listed(door)
    path = f"{OPS}/{message['message_id']}"
    for headers in (door.ward(), door.staff()):
        assert (await door.client.get(OPS, headers=headers)).status_code == 403
        assert (await door.client.get(path, headers=headers)).status_code == 403
        assert (await door.client.post(f"{path}/replay", json=MENDED, headers=headers)).status_code == 403
    for body in ({}, {"reason": "because Edith asked"}):
        assert (await door.client.post(f"{path}/replay", json=body, headers=door.operator())).status_code == 422
    nul = await door.client.get(OPS, params={"sending_system": "\x00"}, headers=door.operator())
    assert nul.status_code == 422
    absent = f"{OPS}/00000000-0000-4000-8000-000000000000"
    assert (await door.client.get(absent, headers=door.operator())).status_code == 404
