"""Writes the contracts from the published models: a JSON Schema per event and version, and AsyncAPI 3.0.

`python -m tests.contracts.generation FOLDER MODULE…`: the folder holds `topics.yaml`, the modules hold PublishedEvents.
A change that would break a consumer of today is refused and becomes the next version of the type.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from typing import Any

import yaml
from pydantic.json_schema import GenerateJsonSchema

from homeward_kit.envelope import PublishedEvent

from .schema_changes import breaking_changes

CATALOGUE = "topics.yaml"
ASYNCAPI = "asyncapi.yaml"
EVERY_SERVICE = "every-service"
_NOTE = "Generated from the published models by `make contracts`: do not edit."
_DAY_MS = 86_400_000

Json = dict[str, Any]  # Any: JSON


@dataclass(frozen=True)
class CataloguedType:
    """A line of the catalogue."""

    type: str
    topic: str
    publisher: str  # a service, or every-service
    consumers: frozenset[str]  # groups


class _OpenSchema(GenerateJsonSchema):
    """Without a title for each field: the name says it."""

    def field_title_should_be_set(self, _schema: Any) -> bool:  # Any: pydantic's own type
        return False


def read_catalogue(folder: Path) -> list[CataloguedType]:
    """Every type of the catalogue, in its order."""
    topics = _topics(folder)
    return [
        CataloguedType(name, topic, line["publisher"], frozenset(line["consumers"]))
        for topic, described in topics.items()
        for name, line in described["types"].items()
    ]


def published_types(modules: Iterable[str]) -> dict[str, type[PublishedEvent]]:
    """The events that these modules define, by type; a class without a type of its own is a base of others."""
    found: dict[str, type[PublishedEvent]] = {}
    for module in modules:
        for value in vars(import_module(module)).values():
            if isinstance(value, type) and issubclass(value, PublishedEvent) and "type" in vars(value):
                found[value.type] = value
    return found


def schema_path(event_type: str) -> Path:
    """Where a type's schema is, below the folder: "events/discharge.watch.started/v1.schema.json"."""
    name, _, version = event_type.rpartition(".")
    return Path("events", name, f"{version}.schema.json")


def event_schema(model: type[PublishedEvent]) -> Json:
    """The event's open JSON Schema: consumers ignore what they do not know, so unknown fields are valid."""
    schema = model.model_json_schema(mode="serialization", schema_generator=_OpenSchema)
    head: Json = {"$schema": GenerateJsonSchema.schema_dialect, "$id": f"urn:homeward:event:{model.type}"}
    opened: Json = _opened(schema)
    return head | opened


def generate(folder: Path, modules: Iterable[str]) -> dict[Path, str]:
    """The text of every generated file by its path below the folder."""
    models = published_types(modules)
    files = {schema_path(name): _schema_text(model) for name, model in models.items()}
    files[Path(ASYNCAPI)] = _asyncapi_text(folder, models)
    return files


def _schema_text(model: type[PublishedEvent]) -> str:
    body = json.dumps(event_schema(model), indent=2, ensure_ascii=False)
    return f'{{"$comment": "{_NOTE}",{body[1:]}\n'


def _opened(node: Any) -> Any:  # Any: JSON
    if isinstance(node, list):
        return [_opened(item) for item in node]
    if not isinstance(node, dict):
        return node
    opened = {name: _opened(value) for name, value in node.items()}
    return opened | {"additionalProperties": True} if opened.get("additionalProperties") is False else opened


def _topics(folder: Path) -> Json:
    catalogue: Json = yaml.safe_load((folder / CATALOGUE).read_text(encoding="utf-8"))
    topics: Json = catalogue["topics"]
    return topics


def _asyncapi_text(folder: Path, models: Mapping[str, type[PublishedEvent]]) -> str:
    topics = _topics(folder)
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Homeward events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in Kafka binary mode: attributes in headers, the payload as JSON.",
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, described) for topic, described in topics.items()},
        "operations": dict(_operations(read_catalogue(folder))),
        "components": {
            "messages": {name: _message(name, models[name]) for topic in topics.values() for name in topic["types"]},
            "schemas": {"attributes": _attributes()},
        },
    }
    return f"# {_NOTE}\n" + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Repeats what is used twice instead of naming it."""

    def ignore_aliases(self, _data: Any) -> bool:  # Any: whatever is dumped
        return True


def _channel(topic: str, described: Json) -> Json:
    return {
        "address": topic,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in described["types"]},
        "bindings": {
            "kafka": {
                "partitions": described["partitions"],
                "topicConfiguration": {"retention.ms": described["retention_days"] * _DAY_MS},
            }
        },
        "description": f"Keyed by {described['key']}.",
    }


def _message(name: str, model: type[PublishedEvent]) -> Json:
    message = {
        "name": name,
        "headers": {"$ref": "#/components/schemas/attributes"},
        "payload": {"$ref": schema_path(name).as_posix()},
        "bindings": {"kafka": {"key": {"type": "string"}}},
    }
    return message | {"summary": getdoc(model)} if model.__doc__ else message


def _operations(types: Iterable[CataloguedType]) -> Iterator[tuple[str, Json]]:
    """What each service sends and each group receives, by topic."""
    messages: dict[tuple[str, str, str], list[str]] = {}
    for line in types:
        messages.setdefault((line.publisher, "send", line.topic), []).append(line.type)
        for group in sorted(line.consumers):
            messages.setdefault((group, "receive", line.topic), []).append(line.type)
    for (who, action, topic), names in sorted(messages.items()):
        channel = f"#/channels/{topic}"
        yield (
            f"{who}.{action}.{topic}",
            {
                "action": action,
                "channel": {"$ref": channel},
                "messages": [{"$ref": f"{channel}/messages/{name}"} for name in names],
            },
        )


def _attributes() -> Json:
    text, uuid = {"type": "string"}, {"type": "string", "format": "uuid"}
    return {
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_actor"],
        "properties": {
            "ce_specversion": {"type": "string", "const": "1.0"},
            "ce_id": uuid,
            "ce_type": text,
            "ce_source": text,
            "ce_subject": text | {"description": "The aggregate, such as referral/<id>."},
            "ce_time": text | {"format": "date-time", "description": "When it was recorded."},
            "ce_actor": text | {"description": "staff/<uuid>, client/<id>, provider/<id> or system."},
            "ce_referralid": uuid,
            "ce_aggregateversion": text | {"description": "The aggregate's version after this event, in digits."},
            "ce_causationid": uuid | {"description": "The event that caused this one."},
            "traceparent": text | {"description": "W3C trace context."},
        },
    }


def _refusals(folder: Path, files: Mapping[Path, str]) -> list[str]:
    """What would break consumers of the schemas that are there."""
    return [
        f"{path}: {change}"
        for path, text in files.items()
        if path.suffix == ".json" and (folder / path).exists()
        for change in breaking_changes(json.loads((folder / path).read_text(encoding="utf-8")), json.loads(text))
    ]


def main() -> None:
    """The command; exit 1, with nothing written, when a change would break a consumer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("modules", nargs="+")
    parser.add_argument("--allow-breaking", action="store_true", help="only for a type that nobody has consumed yet")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    files = generate(folder, arguments.modules)
    refusals = [] if arguments.allow_breaking else _refusals(folder, files)
    if refusals:
        sys.exit("\n".join(["These changes would break a consumer: give the event its next version.", *refusals]))
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    for stale in sorted((folder / "events").glob("*/*.schema.json")):
        if stale.relative_to(folder) not in files:
            stale.unlink()


if __name__ == "__main__":
    main()
