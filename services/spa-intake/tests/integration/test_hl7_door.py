"""ADT messages on the real database: acknowledged once they are stored, once however often they come."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from door_builders import adt
from door_service import Door, open_door, sealer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from published_examples import EXAMPLES, needs_examples

from homeward_kit.callers import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer
from homeward_kit.values import is_ods_code
from spa_intake.adapters.db import adt_messages
from spa_intake.adapters.hl7.message import read_message
from spa_intake.domain.policy import Policy

PATH = "/api/v1/hl7/adt"
SECRETS = ("9990001219", "EDITH", "SAMPLE ROAD", "19410309", "H7700121", "02079460121")


@pytest.fixture
async def door(make_database: Callable[[str], Database], token_issuer: TokenIssuer) -> AsyncIterator[Door]:
    async with open_door(make_database("spa_intake"), token_issuer) as opened:
        yield opened


async def send(door: Door, body: bytes) -> httpx.Response:
    return await door.client.post(PATH, content=body, headers=door.ward())


def acknowledged(answer: httpx.Response) -> tuple[int, str, str | None]:
    """The HTTP status, MSA-1 and MSA-2."""
    assert read_message(answer.content).kind[0] == "ACK"
    segment = next(line for line in answer.text.split("\r") if line.startswith("MSA"))
    _, code, control_id, *_ = [*segment.split("|"), ""]
    return answer.status_code, code, control_id


async def test_an_admission_a_discharge_and_its_cancellation(door: Door) -> None:
    assert acknowledged(await send(door, adt())) == (200, "AA", "HW-A01-0001")
    (stay,) = await door.rows("SELECT * FROM stays")
    assert (stay.hospital, stay.ward, stay.admission_method, stay.discharged_at) == ("RJZ", "FARNBOROUGH", "21", None)
    answer = await send(door, adt("a03-discharge"))
    assert acknowledged(answer) == (200, "AA", "HW-A03-0001")
    assert answer.headers["Homeward-Events"]
    (stay,) = await door.rows("SELECT * FROM stays")
    assert stay.discharged_at == datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    assert stay.discharge_destination == "19"
    assert acknowledged(await send(door, adt("a13-cancel-discharge"))) == (200, "AA", "HW-A13-0001")
    (stay,) = await door.rows("SELECT * FROM stays")
    assert stay.discharged_at is None
    types = [row.type for row in await door.rows("SELECT type FROM outbox ORDER BY seq")]
    assert types == [
        f"discharge.{name}.v1" for name in ("patient.admitted", "patient.discharged", "discharge.cancelled")
    ]


async def test_a_repeat_is_acknowledged_and_changes_nothing(door: Door) -> None:
    first = await send(door, adt())
    again = await send(door, adt())
    assert acknowledged(first) == acknowledged(again) == (200, "AA", "HW-A01-0001")
    assert again.headers["Homeward-Events"] == ""
    assert len(await door.rows("SELECT 1 FROM outbox")) == 1


async def test_messages_in_any_order_end_in_the_same_stay(door: Door) -> None:
    for name in ("a13-cancel-discharge", "a03-discharge", "a01-admission"):
        assert acknowledged(await send(door, adt(name)))[1] == "AA"
    (stay,) = await door.rows("SELECT * FROM stays WHERE NOT is_cancelled")
    assert (stay.admitted_at, stay.discharged_at) == (datetime(2026, 11, 16, 14, 20, tzinfo=UTC), None)


async def test_a_death_in_a_discharge(door: Door) -> None:
    await send(door, adt())
    await send(door, adt("a03-discharge", PID_29="20261123152000", PID_30="Y", PV1_36="79", PV1_37="4"))
    (person,) = await door.rows("SELECT died_at FROM people")
    assert person.died_at == datetime(2026, 11, 23, 15, 20, tzinfo=UTC)


@pytest.mark.parametrize("event", ["A08", "A31"])
async def test_a_death_told_later_and_taken_back(door: Door, event: str) -> None:
    await send(door, adt())
    fields = {"MSH_9": f"ADT^{event}", "MSH_7": "20261123160000", "EVN_2": "20261123160000", "EVN_6": ""}
    await send(door, adt(**fields, PID_29="20261123152000", PID_30="Y"))
    (person,) = await door.rows("SELECT died_at FROM people")
    assert person.died_at == datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
    later = fields | {"MSH_7": "20261123170000", "EVN_2": "20261123170000"}
    await send(door, adt(**later, PID_29='""', PID_30='""'))
    (person,) = await door.rows("SELECT died_at FROM people")
    assert person.died_at is None
    types = [row.type for row in await door.rows("SELECT type FROM outbox ORDER BY seq")]
    assert types[1:] == ["discharge.patient.died.v1", "discharge.patient.death_corrected.v1"]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (adt(MSH_9="ADT^A40^ADT_A39"), (422, "AE", "HW-A01-0001")),
        (adt(MSH_4="RJ1"), (400, "AR", "HW-A01-0001")),
        (adt(MSH_9="ORU^R01"), (400, "AR", "HW-A01-0001")),
        (adt(MSH_11="T"), (400, "AR", "HW-A01-0001")),
        (adt(PV1=None), (422, "AE", "HW-A01-0001")),
        (adt(PID_3=""), (422, "AE", "HW-A01-0001")),
        (adt(PID_13="^" * 50_000), (400, "AR", "HW-A01-0001")),
        (b"nonsense", (400, "AR", "")),
        (b"", (400, "AR", "")),
    ],
)
async def test_what_is_not_taken_is_not_stored_but_audited(
    door: Door, body: bytes, answer: tuple[int, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    refused = await send(door, body)
    assert acknowledged(refused) == answer
    assert await door.rows("SELECT 1 FROM movements") == await door.rows("SELECT 1 FROM people") == []
    rows = await door.rows("SELECT outcome FROM audit_log WHERE action = 'take_adt_message'")
    assert [row.outcome in {"recorded", "ok"} for row in rows] == [False]
    (kept,) = await door.rows("SELECT * FROM adt_messages")
    assert kept.outcome == {"AE": "in_error", "AR": "rejected"}[answer[1]]
    assert not any(secret.encode() in kept.sealed for secret in SECRETS)
    assert not any(secret in refused.text + capsys.readouterr().out for secret in SECRETS)


async def test_a_message_that_is_too_long_is_told_so(door: Door) -> None:
    answer = await send(door, adt() + b"OBX|" + b"x" * 1_100_000)
    assert answer.status_code == 413
    assert "|102^Data type^HL70357|E||||The message is too long." in answer.text


async def test_only_ward_systems_send(door: Door) -> None:
    assert (await door.client.post(PATH, content=adt())).status_code == 401
    assert (await door.client.post(PATH, content=adt(), headers=door.staff())).status_code == 403


async def test_the_events_hold_nothing_of_the_person(door: Door) -> None:
    await send(door, adt())
    rows = await door.rows("SELECT * FROM outbox")
    told = " ".join(str(value) for row in rows for value in row)
    assert rows
    assert not any(secret in told for secret in SECRETS)


@needs_examples
async def test_every_published_message_is_recorded_and_its_raw_bytes_kept(
    make_database: Callable[[str], Database], token_issuer: TokenIssuer
) -> None:
    """Two of them are for training."""
    policy = Policy(processing_ids=frozenset({"P", "T"}))
    async with open_door(make_database("spa_intake"), token_issuer, policy) as door:
        await _send_every_published_message(door)


async def _send_every_published_message(door: Door) -> None:
    paths = sorted((EXAMPLES / "hl7").glob("*/*.hl7"))
    for path in paths:
        body = path.read_bytes()
        facility = (read_message(body).get("MSH", 4) or "").strip()
        org = facility if is_ods_code(facility) else "RJZ"
        headers = door.issuer.headers(Role.WARD_SYSTEM, subject=door.subject, org=org)
        answer = await door.client.post(PATH, content=body, headers=headers)
        wants_none = read_message(body).get("MSH", 15) == "NE"  # the two merges: the status says it alone
        assert (answer.status_code, answer.text[:3]) == (200, "" if wants_none else "MSH"), path.name
        assert wants_none or acknowledged(answer)[1] == "AA", path.name
    rows = await door.rows("SELECT message_id, outcome, message_type FROM adt_messages")
    assert {row.outcome for row in rows} == {"recorded", "merged"}
    async with door.database.transaction() as tx:
        raw = {await adt_messages.raw_of(tx, sealer(), row.message_id) for row in rows}
    assert raw == {path.read_bytes() for path in paths}


@pytest.mark.parametrize("event", ["A14", "A16", "A17", "A29", "A45", "A47", "A60"])
async def test_other_events_are_acknowledged_and_kept(door: Door, event: str) -> None:
    body = adt(MSH_9=f"ADT^{event}", PV1=None)
    answer = await send(door, body)
    assert acknowledged(answer) == (200, "AA", "HW-A01-0001")
    assert "Kept. This event changes nothing here." in answer.text
    assert acknowledged(await send(door, body)) == (200, "AA", "HW-A01-0001")
    (row,) = await door.rows("SELECT outcome, message_type, times_received FROM adt_messages")
    assert tuple(row) == ("noted", f"ADT^{event}", 2)
    assert await door.rows("SELECT 1 FROM movements") == []


async def test_a_pre_admission_is_a_movement_but_no_stay(door: Door) -> None:
    assert acknowledged(await send(door, adt(MSH_9="ADT^A05")))[1] == "AA"
    assert len(await door.rows("SELECT 1 FROM movements")) == 1
    assert await door.rows("SELECT 1 FROM stays") == []


async def test_a_merge_joins_two_records(door: Door) -> None:
    for number in ("H1", "H2"):
        await send(door, adt(PID_3=f"{number}^^^RJZ^MR", PV1_19=f"V-{number}", MSH_10=number))
    assert len(await door.rows("SELECT 1 FROM people")) == 2
    merge = adt(MSH_9="ADT^A40^ADT_A39", PID_3="H1^^^RJZ^MR", PV1=None, MSH_10="M") + b"MRG|H2^^^RJZ^MR\r"
    assert acknowledged(await send(door, merge)) == (200, "AA", "M")
    assert acknowledged(await send(door, merge)) == (200, "AA", "M")
    types = [row.type for row in await door.rows("SELECT type FROM outbox ORDER BY seq")]
    assert types.count("discharge.patient.merged.v1") == 1
    assert [row.outcome for row in await door.rows("SELECT outcome FROM adt_messages ORDER BY control_id")] == [
        "recorded", "recorded", "merged",
    ]  # fmt: skip


async def test_a_message_knows_its_person_and_stay(door: Door) -> None:
    await send(door, adt())
    (row,) = await door.rows(
        "SELECT a.patient_key = s.patient_key AND a.stay_id = s.stay_id AS is_right FROM adt_messages a, stays s"
    )
    assert row.is_right


async def test_a_fault_of_ours_is_an_error_that_is_kept(door: Door) -> None:
    """A bug is told from an outage: the message is kept, and the answer says who has to act."""
    async with door.database.transaction() as tx:
        await tx.execute("ALTER TABLE movements ADD CONSTRAINT broken CHECK (trigger <> 'A01')")
    answer = await send(door, adt())
    assert acknowledged(answer) == (500, "AE", "HW-A01-0001")
    assert "207^Internal^HL70357" in answer.text
    (row,) = await door.rows("SELECT outcome, condition FROM adt_messages")
    assert tuple(row) == ("in_error", "internal")
    async with door.database.transaction() as tx:
        await tx.execute("ALTER TABLE movements DROP CONSTRAINT broken")
    assert acknowledged(await send(door, adt())) == (200, "AA", "HW-A01-0001")
    (row,) = await door.rows("SELECT outcome, condition, times_received FROM adt_messages")
    assert tuple(row) == ("recorded", None, 2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["a01-admission", "a03-discharge", "a13-cancel-discharge"]), st.data())
async def test_mutated_messages_are_acknowledged_but_never_fail(door: Door, name: str, data: st.DataObject) -> None:
    fields = adt(name, MSH_10=uuid4().hex).decode().split("|")
    texts = st.one_of(st.text(max_size=40), st.sampled_from(["'; DROP", "9" * 3000, "99991231", "\\X00\\", "Y", "4"]))
    for place, value in data.draw(st.lists(st.tuples(st.integers(5, len(fields) - 1), texts), max_size=4)):
        fields[place] = value
    answer = await send(door, "|".join(fields).encode("utf-8", "replace"))
    assert answer.status_code < 500
    assert acknowledged(answer)[1] in {"AA", "AE", "AR"}
