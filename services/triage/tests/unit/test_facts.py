"""Facts: the newest of each source counts, a repeat or something older changes nothing."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import triage_builders as a

from triage.domain.facts import (
    JourneyFacts,
    PackageFlag,
    PackageNews,
    PersonFacts,
    learn_package,
    learn_person,
    learn_referral,
    learn_stay,
)

LINE, PACKAGE = uuid4(), uuid4()


def package_news(version: int, state: str, *, handed_back: bool = False, ended: str | None = None) -> PackageNews:
    concerned = frozenset({LINE}) if handed_back else frozenset()
    return PackageNews(PACKAGE, a.REFERRAL, a.PATIENT, version, {LINE: state}, concerned, ended)


def flags(*news: PackageNews) -> frozenset[PackageFlag]:
    known = None
    for each in news:
        known = learn_package(known, each)
    assert known is not None
    return JourneyFacts(a.accepted_referral(), packages=(known,)).flags


def test_an_older_version_of_a_referral_is_ignored_and_a_repeat_changes_nothing() -> None:
    accepted = a.accepted_referral()
    assert learn_referral(accepted, a.news(1, "received", coded=a.coded(needs=()))) is accepted
    assert learn_referral(accepted, a.news(2, "accepted", coded=a.coded())) == accepted


def test_whichever_event_comes_first_makes_the_referral_known() -> None:
    facts = learn_referral(None, a.news(7, "queried", is_query_after_acceptance=True, missing=("needs",)))
    assert facts.was_accepted
    assert facts.coded is None


def test_a_date_once_given_is_not_taken_back_by_its_absence() -> None:
    facts = a.accepted_referral(a.news(3, "accepted", coded=a.coded(expected_discharge_on=None)))
    assert facts.expected_discharge_on == a.TARGET


def test_linking_and_unlinking_a_stay() -> None:
    stay_id = uuid4()
    linked = a.accepted_referral(a.news(3, "accepted", linked_stay_id=stay_id))
    assert linked.stay_id == stay_id
    assert learn_referral(linked, a.news(4, "accepted", unlinked_stay_id=uuid4())).stay_id == stay_id
    assert learn_referral(linked, a.news(4, "accepted", unlinked_stay_id=stay_id)).stay_id is None


def test_the_highest_revision_of_a_stay_and_the_newest_word_of_a_death_count() -> None:
    stay = a.stay(revision=3)
    assert learn_stay(stay, replace(stay, revision=2, discharged_at=a.NOW)) is stay
    assert learn_stay(stay, replace(stay, revision=4, discharged_at=a.NOW)).has_left_hospital
    dead, again = PersonFacts(a.PATIENT, a.NOW), PersonFacts(a.PATIENT, a.NOW + timedelta(days=1))
    assert learn_person(dead, again) is again
    assert learn_person(again, dead) is again


def test_packages_flag_the_case_as_long_as_it_is_so() -> None:
    assert flags(package_news(1, "unfilled")) == {PackageFlag.UNFILLED}
    assert flags(package_news(1, "unfilled"), package_news(2, "brokering")) == set()
    back = package_news(2, "brokering", handed_back=True)
    assert flags(back, package_news(3, "brokering")) == {PackageFlag.HANDED_BACK}
    assert flags(back, package_news(3, "agreed")) == set()
    assert flags(package_news(2, "ended", ended="in_hospital")) == {PackageFlag.BACK_IN_HOSPITAL}
    assert flags(package_news(2, "ended", ended="completed")) == set()
    in_hospital = package_news(2, "ended", ended="in_hospital")
    assert flags(in_hospital, package_news(3, "ended")) == {PackageFlag.BACK_IN_HOSPITAL}
    assert flags(in_hospital, package_news(3, "brokering")) == set()
    assert flags(package_news(2, "unfilled"), package_news(1, "agreed")) == {PackageFlag.UNFILLED}


def test_a_newer_package_answers_the_one_that_ended_in_hospital() -> None:
    ended = learn_package(None, package_news(2, "ended", ended="in_hospital"))
    newer = learn_package(None, replace(package_news(1, "brokering"), package_id=uuid4()))
    assert JourneyFacts(a.accepted_referral(), packages=(ended, newer)).flags == set()
