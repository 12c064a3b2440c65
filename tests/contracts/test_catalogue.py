"""The catalogue and the code say the same, both ways."""

import re
from collections import Counter

import pytest
import yaml

from .generation import published_types
from .wiring import CATALOGUE, CONSUMERS, CONTRACTS, PUBLISHED, PUBLISHERS, consumed_models

NAME = re.compile(r"discharge\.[a-z]+(_[a-z]+)*\.(?P<fact>[a-z]+(_[a-z]+)*)\.v[1-9][0-9]*")
REFUSED_ALONE = {"updated", "changed", "completed", "processed", "event"}
REFUSED_ANYWHERE = {"updated", "processed", "event"}
EXCEPTED = {"discharge.watch.completed.v1"}
SETTINGS = {"partitions", "retention_days", "key", "types"}


@pytest.mark.parametrize("publisher", PUBLISHERS)
def test_a_publisher_has_the_types_the_catalogue_gives_it(publisher: str) -> None:
    catalogued = {(line.type, line.topic) for line in CATALOGUE.values() if line.publisher == publisher}
    coded = {(name, model.topic) for name, model in published_types([PUBLISHERS[publisher]]).items()}
    assert coded == catalogued


@pytest.mark.parametrize("group", CONSUMERS)
def test_a_consumer_handles_the_types_the_catalogue_gives_it(group: str) -> None:
    catalogued = {(line.type, line.topic) for line in CATALOGUE.values() if group in line.consumers}
    assert {(model.type, model.topic) for model in consumed_models(group)} == catalogued


@pytest.mark.parametrize("group", CONSUMERS)
def test_a_group_has_one_model_for_a_type(group: str) -> None:
    repeated = [name for name, number in Counter(model.type for model in consumed_models(group)).items() if number > 1]
    assert repeated == []


def test_the_catalogue_names_only_groups_and_publishers_there_are() -> None:
    assert {line.publisher for line in CATALOGUE.values()} == set(PUBLISHERS)
    assert {group for line in CATALOGUE.values() for group in line.consumers} == set(CONSUMERS)


def test_every_topic_has_its_settings() -> None:
    topics = yaml.safe_load((CONTRACTS / "topics.yaml").read_text(encoding="utf-8"))["topics"]
    assert all(set(described) == SETTINGS for described in topics.values())
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in topics)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_name_is_a_past_tense_fact_with_a_version(name: str) -> None:
    assert is_good_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "discharge.referral.updated.v1",
        "discharge.referral.changed.v1",
        "discharge.package.completed.v1",
        "discharge.referral.address_updated.v1",
        "discharge.patient.event.v1",
        "discharge.referral.accepted",
        "referral.accepted.v1",
        "discharge.Referral.accepted.v1",
    ],
)
def test_a_vague_name_is_refused(name: str) -> None:
    assert not is_good_name(name)


def is_good_name(name: str) -> bool:
    match = NAME.fullmatch(name)
    if match is None:
        return False
    fact = match["fact"]
    return name in EXCEPTED or not (fact in REFUSED_ALONE or REFUSED_ANYWHERE & set(fact.split("_")))
