"""A referral of each kind that no ward sends goes the whole way: accepted, decided, arranged, closed; stuck nowhere."""

from typing import Any
from uuid import uuid4

import pytest

from homeward_local.demo.providers import load_providers

from .conftest import Stack
from .waiting import wait_for

Json = dict[str, Any]  # Any: JSON
PERSON: Json = {
    "family_name": "Kindly",
    "given_name": "Ada",
    "born_on": "1941-05-06",
    "address_lines": ["1 Example Road"],
    "postcode": "BR1 1AA",
    "gp_practice": "G85001",
}


def referral(stack: Stack, kind: str) -> str:
    """Sent by a client of a practice, of 111 or of a care home."""
    body = {
        "kind": kind,
        "person": PERSON | {"nhs_number": "999 000 0018", "hospital_number": uuid4().hex[:12]},
        "needs": ["washing_dressing"],
        "living_situation": "alone",
    }
    if kind == "admission_avoidance":
        body |= {"referrer": "nhs_111", "response_within": "two_hours"}
    sent: str = stack.client.post("spa-intake", "/api/v1/referrals", "ward_system", body)["referral_id"]
    return sent


@pytest.mark.parametrize(
    ("kind", "team"),
    [
        ("proactive_care", ["community_matron", "pharmacist"]),
        ("admission_avoidance", ["nurse"]),
        ("care_home", ["nurse", "pharmacist"]),
    ],
)
def test_a_referral_of_the_kind_goes_its_whole_way(stack: Stack, kind: str, team: list[str]) -> None:
    client = stack.client
    load_providers(client)
    place = f"/api/v1/referrals/{(referral_id := referral(stack, kind))}"

    def read() -> Json:
        found: Json = client.get("spa-intake", place, "coordinator")
        return found

    client.command("spa-intake", f"{place}/accept", "coordinator", {}, read()["version"])
    wait_for(lambda: read()["progress"]["case_state"] == "open", "the case")
    case = client.one("triage", "cases", "nurse", referral_id)
    decision = {"pathway": case["suggestion"]["pathway"], "participants": team}
    client.command("triage", f"/api/v1/cases/{case['case_id']}/decision", "nurse", decision, case["version"])
    wait_for(lambda: read()["progress"]["package_state"] is not None, "the package")
    assert read()["progress"]["watch_state"] is None
    client.command("spa-intake", f"{place}/close", "coordinator", {"reason": "support_ended"}, read()["version"])
    wait_for(lambda: read()["progress"]["case_state"] == "closed", "the end of the case")
    wait_for(lambda: read()["progress"]["package_state"] == "cancelled", "the end of the package")
    assert (read()["state"], read()["next_move"]) == ("closed", "nobody")
