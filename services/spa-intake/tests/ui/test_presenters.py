"""Words, dates and status words as staff read them."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pytest
from journey_builders import NOW, row

from homeward_kit.callers import STAFF
from spa_intake.domain import codes, content_codes, scores
from spa_intake.read_model import events_intake, events_others
from spa_intake.read_model.states import Stage, WaitingFor
from spa_intake.read_model.timeline import Entry
from spa_intake.ui.actions import About, offered
from spa_intake.ui.presenters import content, content_words, dates, record, words
from spa_intake.ui.presenters.person import person_view
from spa_intake.ui.presenters.status import status_of
from spa_intake.ui.presenters.timeline import SENTENCES, Names, timeline
from spa_intake.ui.presenters.worklist import ALL_OPEN, due_in_words, stages_of, tabs, waiting_for

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("due_on", "text"),
    [
        (date(2026, 11, 24), "today"),
        (date(2026, 11, 25), "tomorrow"),
        (date(2026, 11, 23), "yesterday"),
        (date(2026, 11, 27), "in 3 days"),
        (date(2026, 11, 20), "4 days ago"),
    ],
)
def test_days_to_a_date_are_said_in_words(due_on: date, text: str) -> None:
    assert dates.countdown(due_on, TODAY) == text


def test_times_are_those_of_london() -> None:
    summer = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert dates.moment(summer, datetime(2026, 7, 2, 9, tzinfo=UTC)) == "00:30 today"
    assert dates.moment(summer, NOW) == "00:30 Thu 2 Jul"


def test_the_banner_follows_isb_1505() -> None:
    person = {
        "family_name": "Smith",
        "given_name": "Jo",
        "born_on": "1941-02-03",
        "gender": "female",
        "nhs_number": "9991234567",
        "nhs_number_status": "unverified",
    }
    view = person_view(person, NOW)
    assert (view.name, view.born, view.age) == ("SMITH, Jo", "03-Feb-1941", "85y")
    assert (view.nhs_number, view.nhs_number_note) == ("999 123 4567", "not verified")


def test_a_person_that_cannot_be_had_has_a_stand_in() -> None:
    assert person_view(None, NOW).name == "Name not available now"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"due_on": date(2026, 11, 26)}, "On track"),
        ({"due_on": TODAY}, "Due today"),
        ({"due_on": date(2026, 11, 23)}, "Overdue"),
        ({"due_on": TODAY, "due_at": NOW + timedelta(minutes=1)}, "Due today"),
        ({"due_on": TODAY, "due_at": NOW}, "Overdue"),
        ({"waiting_for": WaitingFor.READINESS, "due_on": date(2026, 11, 23)}, "Not ready now"),
        ({"waiting_for": WaitingFor.WARD_ANSWER, "due_on": date(2026, 11, 23)}, "Paused"),
    ],
)
def test_what_stops_a_journey_comes_before_its_date(changes: dict[str, object], text: str) -> None:
    word = status_of(row(**changes), NOW)
    assert word is not None
    assert word.text == text


@pytest.mark.parametrize(
    ("due_at", "text"),
    [
        (None, "today"),
        (datetime(2026, 11, 24, 14, 30, tzinfo=UTC), "by 14:30 today"),
        (datetime(2026, 11, 25, 8, tzinfo=UTC), "by 08:00 tomorrow"),
        (datetime(2026, 6, 24, 8, tzinfo=UTC), "by 09:00, 153 days ago"),  # summer time
    ],
)
def test_a_response_that_is_awaited_to_the_hour_has_its_time(due_at: datetime | None, text: str) -> None:
    due_on = dates.london_day(due_at) if due_at else TODAY
    assert due_in_words(row(due_on=due_on, due_at=due_at), NOW) == text


def test_without_a_date_there_is_no_status() -> None:
    assert status_of(row(stage=Stage.FINISHED, waiting_for=WaitingFor.NOBODY, due_on=None), NOW) is None


def test_a_wait_says_until_when() -> None:
    offered = row(waiting_for=WaitingFor.PROVIDER_ANSWER, answer_by=datetime(2026, 11, 24, 14, tzinfo=UTC))
    assert waiting_for(offered, NOW) == "A provider to answer by 14:00"
    home = row(waiting_for=WaitingFor.THIRTY_DAYS, left_at=datetime(2026, 11, 20, 14, tzinfo=UTC))
    assert waiting_for(home, NOW) == "The 30 days after leaving hospital: day 4"


def test_tabs_count_what_is_open_and_an_unknown_tab_shows_it() -> None:
    found = tabs({Stage.TO_CHECK: 3, Stage.FINISHED: 9}, ALL_OPEN)
    assert (found[0].text, found[0].count, found[0].is_current) == ("All open", 3, True)
    assert Stage.FINISHED not in stages_of("no-such-tab")


def test_every_stage_wait_and_role_has_words() -> None:
    assert set(words.STAGES) == set(Stage)
    assert set(words.WAITING_FOR) == set(WaitingFor)
    assert set(record.NOW) == set(WaitingFor)
    assert set(words.ROLES) == {str(role) for role in STAFF}


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (codes.Criterion, words.CRITERIA),
        (codes.Need, words.NEEDS),
        (codes.Missing, words.MISSING),
        (codes.Mobility, words.SITUATION),
        (codes.Cognition, words.SITUATION),
        (codes.LivingSituation, words.SITUATION),
        (codes.ExistingCare, words.SITUATION),
        (codes.DeclineReason, words.REASONS),
        (codes.WithdrawReason, words.REASONS),
        (codes.CloseReason, words.REASONS),
        (codes.Kind, words.KINDS),
        (content_codes.Referrer, content_words.REFERRERS),
        (content_codes.ResponseWithin, content_words.RESPONSES),
        (content_codes.Activity, content_words.ACTIVITIES),
        (content_codes.Ability, content_words.ABILITIES),
        (content_codes.MentalCapacity, content_words.CAPACITY),
        (content_codes.Consent, content_words.CONSENT),
        (content_codes.LegalPlan, content_words.PLANS),
        (content_codes.Consulted, content_words.CONSULTED),
        (content_codes.ContinuingHealthcare, content_words.CONTINUING_HEALTHCARE),
        (content_codes.SafeguardingFlag, content_words.SAFEGUARDING),
        (content_codes.CommunicationNeed, content_words.COMMUNICATION),
        (content_codes.Organism, content_words.ORGANISMS),
        (content_codes.EquipmentItem, content_words.EQUIPMENT),
        (content_codes.Relationship, content_words.RELATIONSHIPS),
        (content_codes.ContactRole, content_words.CONTACT_ROLES),
    ],
)
def test_every_code_of_intake_has_words(known: type[StrEnum], said: dict[str, str]) -> None:
    assert {code.value for code in known} <= set(said)


def test_every_score_and_each_of_its_parts_has_words() -> None:
    every = scores.scores(
        5, scores.RiskInputs(3, True, (), 1, 1, 120, 140, False, False, 4), "75-84", scores.ScoreRules()
    )
    assert {score.name for score in every} == set(content_words.SCORES)
    assert {part.name for score in every for part in score.parts} == set(content_words.SCORE_PARTS)


def test_nothing_empty_is_shown() -> None:
    said: dict[str, object] = {
        "criteria_to_reside": [],
        "needs": [],
        "abilities": {},
        "legal": None,
        "safeguarding": [],
        "risk": None,
    }
    assert content.groups(said, {"contacts": [], "liaison": None, "texts": {"wishes": None}}, NOW) == []
    assert content.texts({"texts": {"wishes": None}}) == []
    assert [line.key for line in record.facts(said, row(), NOW)] == ["Criteria to reside met"]
    partly = {"legal": {"mental_capacity": "lacks_capacity", "plans": []}}
    [group] = content.groups(partly, None, NOW)
    assert (group.title, [line.value for line in group.rows]) == ("Capacity and consent", ["Lacks capacity"])


def test_a_score_shows_its_parts_or_what_it_lacks() -> None:
    part = {"name": "length_of_stay", "points": 7}
    lace = {"name": "lace", "version": "2010", "total": 7, "highest": 19, "band": "moderate", "is_validated": True}
    [whole] = content.scores({"scores": [lace | {"parts": [part, part], "missing": []}]})
    assert (whole.result, whole.band, whole.parts[0], whole.note) == ("7 of 19", "Moderate", "Days in hospital 7", "")
    lacking = lace | {"total": None, "band": None, "parts": [part, {"name": "comorbidity", "points": None}]}
    [half] = content.scores({"scores": [lacking | {"missing": ["comorbidity"]}]})
    whole_scale = lace | {"name": "clinical_frailty", "parts": [{"name": "scale", "points": 6}], "missing": []}
    assert content.scores({"scores": [whole_scale]})[0].parts == ["As the referrer gave it"]
    assert (half.result, half.parts, half.note) == ("No total", ["Days in hospital 7"], "Not known: other illnesses")


def test_a_referral_from_no_ward_is_not_said_to_come_from_one() -> None:
    assert words.of_kind("The ward to answer", "care_home") == "The referrer to answer"
    assert words.of_kind("The ward to answer", "hospital_discharge") == "The ward to answer"


def test_every_event_has_a_sentence() -> None:
    types = {event.type for event in (*events_intake.EVENTS, *events_others.EVENTS)}
    assert {name.removeprefix("discharge.").rpartition(".")[0] for name in types} == set(SENTENCES)


def entry(kind: str, actor: str = "system", **details: object) -> Entry:
    return Entry(UUID(int=1), f"discharge.{kind}.v1", "triage", NOW, actor, details)


def said(found: Entry, **names: dict[UUID, str]) -> str:
    [day] = timeline([found], Names(names.get("staff", {}), names.get("providers", {}), NOW))
    return day.entries[0].text


def test_a_decision_that_differs_says_why() -> None:
    found = entry("pathway.decided", pathway=1, suggested_pathway=2, differs_reason="person_choice")
    assert said(found) == "Pathway 1 decided; pathway 2 was suggested: the person's choice"


def test_an_offer_names_its_provider_where_the_name_is_known() -> None:
    provider = UUID(int=7)
    found = entry("offer.declined", provider_id=str(provider), reason="no_capacity")
    assert said(found, providers={provider: "Kent House Care"}) == "Kent House Care declined: no capacity"
    assert said(found) == "A provider declined: no capacity"


def test_who_did_it_is_a_name_or_a_general_word() -> None:
    staff = UUID(int=9)
    [day] = timeline([entry("case.opened", f"staff/{staff}")], Names({staff: "Priya Shah"}, {}, NOW))
    assert (day.day, day.entries[0].by, day.entries[0].service) == ("Tue 24 Nov", "Priya Shah", "Triage")


@pytest.mark.parametrize(
    ("offer", "role", "waits"), [("sent", "broker", True), ("declined", "broker", False), ("sent", "nurse", False)]
)
def test_what_waits_about_care_is_led_to_from_the_top(offer: str, role: str, *, waits: bool) -> None:
    package = {"lines": [{"state": "brokering", "offers": [{"state": offer}]}]}
    by_state = [{state: offered(About.PACKAGE, {"state": state}, role) for state in ("sent", "brokering", "declined")}]
    assert record.waits_for_care(package, by_state) is waits
    assert record.waits_for_care(None, by_state) is False


HOME_CARE = {
    "line_id": "l",
    "service": "home_care",
    "visits_per_day": 3,
    "minutes_per_visit": 30,
    "carers_per_visit": 1,
    "days_per_week": 7,
}


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("o", ["Alder", "Home care: 3 visits a day of 30 minutes, 1 carer, 7 days a week"]),
        ("l", ["Home care: 3 visits a day of 30 minutes, 1 carer, 7 days a week"]),
        ("another", []),
        (None, []),
    ],
)
def test_a_form_says_whose_answer_or_which_care_it_is_about(target: str | None, said: list[str]) -> None:
    package = {"lines": [HOME_CARE | {"offers": [{"offer_id": "o", "provider_name": "Alder"}]}]}
    assert record.about(package, target) == said
    assert record.about(None, target) == []


def test_the_suggested_services_are_said_in_words() -> None:
    case = {"suggestion": {"lines": [HOME_CARE, {"service": "equipment"}]}}
    said = "home care, 3 visits a day of 30 minutes, 1 carer, 7 days a week; equipment"
    assert record.suggested_lines(case) == said
    assert record.suggested_lines({}) == ""


@pytest.mark.parametrize(
    ("left_at", "said"),
    [
        (None, "None, so ready to leave"),
        (NOW, "None before leaving hospital"),
        (NOW - timedelta(hours=1), "None, so ready to leave"),
    ],
)
def test_who_is_back_in_hospital_is_not_ready_to_leave_by_an_earlier_assessment(
    left_at: datetime | None, said: str
) -> None:
    [criteria] = [line for line in record.facts({}, row(left_at=left_at), NOW) if line.key == "Criteria to reside met"]
    assert criteria.value == said
