"""The generated contracts are fresh, and every example is what its event looks like."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import ValidationError

from homeward_kit.envelope import ConsumedEvent

from .generation import ASYNCAPI, generate, schema_path
from .wiring import CONTRACTS, PUBLISHED, PUBLISHERS, all_consumed_models

GENERATED = generate(CONTRACTS, PUBLISHERS.values())


def examples(event_type: str) -> list[Path]:
    return sorted((CONTRACTS / schema_path(event_type).parent / "examples").glob("*.json"))


ALL_EXAMPLES = [pytest.param(name, path, id=f"{name}-{path.stem}") for name in PUBLISHED for path in examples(name)]
CONSUMED = [
    pytest.param(model, path, id=f"{group}-{model.type}-{path.stem}")
    for group, model in all_consumed_models()
    for path in examples(model.type)
]


@pytest.mark.parametrize("path", GENERATED, ids=str)
def test_a_generated_file_is_fresh(path: Path) -> None:
    assert (CONTRACTS / path).exists(), "run `make contracts`"
    assert (CONTRACTS / path).read_text(encoding="utf-8") == GENERATED[path], "run `make contracts`"


def test_nothing_is_left_of_types_that_are_gone() -> None:
    there = {path.relative_to(CONTRACTS).parts[1] for path in CONTRACTS.glob("events/**/*.json")}
    assert there == {schema_path(name).parts[1] for name in PUBLISHED}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_type_has_an_example(name: str) -> None:
    assert examples(name), f"put one into {schema_path(name).parent}/examples"


@pytest.mark.parametrize(("name", "path"), ALL_EXAMPLES)
def test_an_example_is_valid(name: str, path: Path) -> None:
    schema = json.loads((CONTRACTS / schema_path(name)).read_text(encoding="utf-8"))
    payload = json.loads(path.read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    validator.validate(payload)
    assert json.loads(PUBLISHED[name].model_validate_json(path.read_bytes()).model_dump_json()) == payload
    validator.validate(with_unknown_fields(payload))
    with pytest.raises(ValidationError):
        PUBLISHED[name].model_validate_json(json.dumps(with_unknown_fields(payload)))


@pytest.mark.parametrize(("model", "path"), CONSUMED)
def test_pitfall_19_a_consumer_reads_every_example_also_with_unknown_fields(
    model: type[ConsumedEvent], path: Path
) -> None:
    read = model.model_validate_json(path.read_bytes())
    payload = json.loads(path.read_text(encoding="utf-8"))
    assert model.model_validate_json(json.dumps(with_unknown_fields(payload))) == read


@pytest.mark.parametrize(("model", "path"), CONSUMED)
def test_a_consumer_needs_only_fields_the_producer_always_gives(model: type[ConsumedEvent], path: Path) -> None:
    """A field that the event lacks would be read as its default for ever: a misspelt name, found here."""
    payload = json.loads(path.read_text(encoding="utf-8"))
    assert set(model.model_fields) <= set(payload)


def test_every_schema_may_be_used_as_it_stands() -> None:
    for path, text in GENERATED.items():
        if path.suffix == ".json":
            Draft202012Validator.check_schema(json.loads(text))


def test_the_references_of_asyncapi_lead_somewhere() -> None:
    document = yaml.safe_load(GENERATED[Path(ASYNCAPI)])
    references = list(all_references(document))
    assert references
    for reference in references:
        file, _, pointer = reference.partition("#")
        assert not file or (CONTRACTS / file).is_file()
        target: Any = document  # Any: JSON
        for part in pointer.strip("/").split("/") if pointer else []:
            target = target[part]


def with_unknown_fields(payload: Any) -> Any:  # Any: JSON
    if isinstance(payload, list):
        return [with_unknown_fields(item) for item in payload]
    if not isinstance(payload, dict):
        return payload
    return {name: with_unknown_fields(value) for name, value in payload.items()} | {"not_known_yet": {"a": [1]}}


def all_references(node: Any) -> Iterator[str]:  # Any: JSON
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from all_references(value)
    elif isinstance(node, list):
        for item in node:
            yield from all_references(item)
