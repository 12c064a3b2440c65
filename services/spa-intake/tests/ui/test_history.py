"""Rows depend on which events have come, not on the order in which they came."""

from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from journey_builders import NOW, PERSON, REFERRAL, referral

from spa_intake.read_model.history import Event, Said, told
from spa_intake.read_model.projected import FactKind
from spa_intake.read_model.states import WaitingFor

CASE = UUID(int=1)


def said(hours: int, what: FactKind, identifier: UUID, version: int, **data: Any) -> Event:
    return Event(NOW + timedelta(hours=hours), REFERRAL, [Said(what, identifier, version, data)])


RECEIVED = said(0, FactKind.REFERRAL, REFERRAL, 1, **{**referral().data, "state": "received"})
ACCEPTED = said(1, FactKind.REFERRAL, REFERRAL, 2, state="accepted")
OPENED = said(2, FactKind.CASE, CASE, 1, state="open", is_paused=False, is_returned=False)
PAUSED = said(3, FactKind.CASE, CASE, 2, state="open", is_paused=True)
RESUMED = said(4, FactKind.CASE, CASE, 3, state="open", is_paused=False)
ASSIGNED = said(5, FactKind.REFERRAL, REFERRAL, 3, state="accepted", assignee=None)


def test_a_journey_waits_since_what_it_waits_for_last_changed() -> None:
    [journey] = told(PERSON, [RECEIVED, ACCEPTED, OPENED, PAUSED, RESUMED, ASSIGNED])
    assert journey.journey.waiting_for == WaitingFor.MDT_DECISION
    assert journey.waiting_since == RESUMED.at
    assert journey.updated_at == ASSIGNED.at


def test_without_its_first_event_a_referral_has_no_row() -> None:
    assert told(PERSON, [ACCEPTED, OPENED]) == []


@pytest.mark.parametrize("clocks", list(permutations([0, 1, 2])))
def test_a_higher_version_wins_also_when_clocks_of_services_differ(clocks: tuple[int, ...]) -> None:
    first, second, third = (
        said(hours, FactKind.REFERRAL, REFERRAL, version, **data)
        for version, (hours, data) in enumerate(
            zip(clocks, [dict(referral().data), {"ward": "5A"}, {"ward": "6C", "hospital": "RXX"}], strict=True), 1
        )
    )
    [journey] = told(PERSON, sorted([first, second, third], key=lambda event: event.at))
    assert (journey.journey.ward, journey.journey.hospital) == ("6C", "RXX")


def test_two_live_referrals_that_a_merge_left_say_so_and_keep_their_keys() -> None:
    other_key, other_referral = uuid4(), uuid4()
    data = {**RECEIVED.said[0].data}
    theirs = Event(NOW, other_referral, [Said(FactKind.REFERRAL, other_referral, 1, data)], other_key)
    found = {told_of.journey.referral_id: told_of.journey for told_of in told(PERSON, [RECEIVED, theirs])}
    assert {key: (one.patient_key, "other_referral" in one.flags) for key, one in found.items()} == {
        REFERRAL: (PERSON, True),
        other_referral: (other_key, True),
    }
    alone = told(PERSON, [RECEIVED])
    assert "other_referral" not in alone[0].journey.flags
