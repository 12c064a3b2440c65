"""What the code publishes and consumes, read from the code itself."""

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from homeward_kit.envelope import ConsumedEvent

from .generation import EVERY_SERVICE, CataloguedType, published_types, read_catalogue

CONTRACTS = Path(__file__).parents[2] / "shared" / "contracts"

PUBLISHERS: Mapping[str, str] = {
    "spa-intake": "spa_intake.adapters.events.published",
    "triage": "triage.adapters.events.published",
    "care-package": "care_package.adapters.events.published",
    "readmission-monitor": "readmission_monitor.adapters.events.published",
    EVERY_SERVICE: "homeward_kit.dead_letters",
}

# consumer group → where its one table of handlers is
CONSUMERS: Mapping[str, str] = {
    "spa-intake": "spa_intake.entrypoints.worker",
    "spa-intake-read-model": "spa_intake.read_model",
    "triage": "triage.entrypoints.worker",
    "care-package": "care_package.entrypoints.worker",
    "readmission-monitor": "readmission_monitor.entrypoints.worker",
}

CATALOGUE: Mapping[str, CataloguedType] = {line.type: line for line in read_catalogue(CONTRACTS)}
PUBLISHED = published_types(PUBLISHERS.values())


def consumed_models(group: str) -> list[type[ConsumedEvent]]:
    """The narrow models of one consumer group."""
    return list(importlib.import_module(CONSUMERS[group]).HANDLERS)


def all_consumed_models() -> Iterator[tuple[str, type[ConsumedEvent]]]:
    """Every consumer group's models."""
    for group in CONSUMERS:
        for model in consumed_models(group):
            yield group, model
