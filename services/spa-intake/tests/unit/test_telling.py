"""Every fact of the domain is an event, and every event a fact."""

import ast
import inspect
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from intake_builders import MONDAY, facts, referral, stay

import spa_intake.use_cases
from homeward_kit.envelope import PublishedEvent
from spa_intake.adapters.events import published, telling
from spa_intake.domain.codes import Cognition, Criterion, Need
from spa_intake.domain.ids import NoteId, StayId
from spa_intake.domain.referral import Happened, ReferralFact, ReferralState
from spa_intake.domain.stay_history import StayFact

OF_PEOPLE = {
    published.PatientDied,
    published.PatientDeathCorrected,
    published.PatientMerged,
    published.PatientUnmerged,
    published.PatientAttended,
    published.AttendanceCancelled,
}


def events() -> set[type[PublishedEvent]]:
    found = (one for _, one in inspect.getmembers(published, inspect.isclass) if issubclass(one, PublishedEvent))
    return {one for one in found if "type" in vars(one)}


def test_every_fact_has_its_event_and_every_event_its_fact() -> None:
    assert set(telling.REFERRAL_EVENTS) == set(ReferralFact)
    assert set(telling.STAY_EVENTS) == set(StayFact)
    told = {*telling.REFERRAL_EVENTS.values(), *telling.STAY_EVENTS.values()}
    assert told | OF_PEOPLE == events()


@pytest.mark.parametrize("fact", list(ReferralFact))
def test_the_event_of_a_fact_is_made_from_the_referral_as_it_is_afterwards(fact: ReferralFact) -> None:
    state = ReferralState.ACCEPTED
    ended = replace(referral(state), ended_at=MONDAY, ended_reason="died", queried_from=state, missing=("needs",))
    assessed = replace(ended, facts=facts(criteria_assessed_at=MONDAY))
    happened = Happened(fact, stay_id=StayId(uuid4()), note_id=NoteId(uuid4()))
    event = telling.referral_event(assessed, happened, stay())
    assert event.type == f"discharge.referral.{fact}.v1"
    assert (event.referral_id, event.patient_key, event.state) == (ended.referral_id, ended.patient_key, state)


def test_the_coded_facts_are_codes() -> None:
    coded = telling.coded_facts(
        facts(
            criteria_to_reside=(Criterion.NEWS2_OVER_3,),
            needs=(Need.MEALS,),
            cognition=Cognition.DELIRIUM,
            expected_discharge_on=date(2026, 11, 9),
        )
    )
    assert coded.model_dump(mode="json", exclude_none=True) == {
        "referring_organisation": "RJZ",
        "hospital": "RJZ",
        "ward": "W7",
        "expected_discharge_on": "2026-11-09",
        "criteria_to_reside": ["news2_over_3"],
        "needs": ["meals"],
        "cognition": "delirium",
        "safeguarding_concern": False,
        "safeguarding": [],
        "abilities": [],
        "criteria_since": [],
    }


def test_a_stays_visit_number_is_not_told() -> None:
    assert "V1" not in telling.stay_facts(stay(visit_number="V1")).model_dump_json()


NOT_STEPS = {"__init__", "access", "recording", "linking", "news"}
NOT_STEPS |= {"attending", "naming"}
NOT_STEPS |= {"assessing", "informing", "joining", "rebuilding", "rewriting"}  # parts of several steps
NOT_STEPS |= {"find_referrals", "open_journey"}  # they read
RECORDS = {"record_change", "audit_change", "audit.record", "audit_subscription"}
WITHOUT_A_CHANGE_OF_THEIR_OWN = {"follow_case", "follow_package", "follow_watch"}  # copies of the others' facts


def test_every_use_case_that_changes_something_records_who_did_it() -> None:
    folder = Path(spa_intake.use_cases.__file__).parent
    silent = set()
    for path in folder.glob("*.py"):
        calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
        if path.stem not in NOT_STEPS and not calls & RECORDS:
            silent.add(path.stem)
    assert silent == WITHOUT_A_CHANGE_OF_THEIR_OWN
