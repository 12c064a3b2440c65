"""What breaks an old consumer is told from what does not, and nothing on this branch does."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel

from homeward_kit.envelope import PublishedEvent

from .generation import event_schema, generate, schema_path
from .schema_changes import breaking_changes
from .wiring import CONTRACTS, PUBLISHED, PUBLISHERS

REPOSITORY = CONTRACTS.parents[1]


class Part(BaseModel):
    size: int


class Sent(PublishedEvent):
    """An event with a field of each sort."""

    type: ClassVar[str] = "discharge.test.sent.v1"
    topic: ClassVar[str] = "discharge-tests"

    number: UUID
    state: Literal["open", "closed"]
    reason: str | None
    parts: list[Part]


OLD = event_schema(Sent)


def changed(**fields: Any) -> dict[str, Any]:  # Any: JSON Schema
    """The schema with fields set anew, or (None) taken away."""
    properties = {name: schema for name, schema in (OLD["properties"] | fields).items() if schema is not None}
    required = [name for name in OLD["required"] if name in properties]
    return OLD | {"properties": properties, "required": required}


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (changed(number=None), ["/number: taken away"]),
        (OLD | {"required": ["number", "state", "parts"]}, ["/reason: no longer always there"]),
        (changed(number={"type": "integer"}), ["/number: type was string, is now integer"]),
        (changed(number={"type": "string"}), ["/number: format was uuid, is now None"]),
        (changed(state={"enum": ["open", "closed", "lost"], "type": "string"}), ["/state: may now also be lost"]),
        (changed(state={"type": "string"}), ["/state: may now also be anything"]),
        (
            changed(state={"anyOf": [{"const": "open", "type": "string"}, {"type": "null"}]}),
            ["/state: type was string, is now null"],
        ),
        (
            changed(parts={"type": "array", "items": {"type": "string"}}),
            ["/parts/*: type was object, is now string"],
        ),
        (
            OLD | {"$defs": {"Part": {"type": "object", "properties": {}}}},
            ["/parts/*/size: taken away"],
        ),
    ],
)
def test_a_breaking_change_is_named(new: dict[str, Any], expected: list[str]) -> None:
    assert breaking_changes(OLD, new) == expected


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        changed(more={"type": "integer"}),
        changed(state={"const": "open", "type": "string"}),
        changed(reason={"type": "string"}),
        changed(reason={"type": "null"}),
        OLD | {"required": [*OLD["required"], "more"]},
    ],
    ids=["the same", "a new field", "fewer values", "always a string", "always null", "always there"],
)
def test_what_an_old_consumer_can_read_is_no_breaking_change(new: dict[str, Any]) -> None:
    assert breaking_changes(OLD, new) == []


@pytest.mark.parametrize("name", PUBLISHED)
def test_nothing_breaks_a_consumer_of_the_committed_schema(name: str) -> None:
    committed = at_head(schema_path(name))
    if committed is None:
        pytest.skip("not committed yet, or no git here")
    generated = generate(CONTRACTS, PUBLISHERS.values())[schema_path(name)]
    assert breaking_changes(committed, json.loads(generated)) == []


def at_head(path: Path) -> dict[str, Any] | None:  # Any: JSON
    """The file as it was committed last."""
    git = shutil.which("git")
    if git is None:
        return None
    place = (CONTRACTS / path).relative_to(REPOSITORY)
    shown = subprocess.run([git, "show", f"HEAD:{place.as_posix()}"], cwd=REPOSITORY, capture_output=True, check=False)
    schema: dict[str, Any] | None = json.loads(shown.stdout) if shown.returncode == 0 else None
    return schema
