"""Says what in a new version of an event's JSON Schema would break a consumer written for the old one."""

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]  # Any: JSON
_NO_VALUES: frozenset[Any] = frozenset()  # Any: JSON


def breaking_changes(old: Json, new: Json) -> list[str]:
    """One line per change after which a payload valid now could not be read by who knew only the old schema.

    Breaking: a field taken away or no longer always there; another type or format; a further value of an enumeration;
    null where there was none. Not breaking: a new field, a field that is now always there, fewer values.
    """
    return list(_differences(_Node(old, old), _Node(new, new), ""))


class _Node:
    """A schema with the document its references point into."""

    def __init__(self, schema: Json, document: Json) -> None:
        while "$ref" in schema:
            schema = document["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        self.schema = schema
        self.document = document

    def within(self, schema: Json) -> "_Node":
        return _Node(schema, self.document)

    @property
    def alternatives(self) -> list["_Node"]:
        return [self.within(schema) for schema in self.schema.get("anyOf", [self.schema])]

    @property
    def fields(self) -> Json:
        fields: Json = self.schema.get("properties", {})
        return fields

    @property
    def required(self) -> frozenset[str]:
        return frozenset(self.schema.get("required", ()))

    @property
    def values(self) -> frozenset[Any]:  # Any: JSON
        if "const" in self.schema:
            return frozenset([self.schema["const"]])
        return frozenset(self.schema.get("enum", _NO_VALUES))


def _differences(old: _Node, new: _Node, path: str) -> Iterator[str]:
    """Every alternative of the new schema must be one that the old schema had."""
    for form in new.alternatives:
        compared = [list(_form_differences(known, form, path)) for known in old.alternatives]
        yield from min(compared, key=len)


def _form_differences(old: _Node, new: _Node, path: str) -> Iterator[str]:
    for name in ("type", "format"):
        before, now = old.schema.get(name), new.schema.get(name)
        if before is not None and before != now:
            yield f"{path or '/'}: {name} was {before}, is now {now}"
            return
    if old.values and (further := new.values - old.values or ({"anything"} if not new.values else set())):
        yield f"{path or '/'}: may now also be {', '.join(sorted(map(str, further)))}"
    for name, schema in old.fields.items():
        yield from _field_differences(old, new, name, f"{path}/{name}", old.within(schema))
    if "items" in old.schema:
        yield from _differences(old.within(old.schema["items"]), new.within(new.schema["items"]), f"{path}/*")


def _field_differences(old: _Node, new: _Node, name: str, path: str, before: _Node) -> Iterator[str]:
    if name not in new.fields:
        yield f"{path}: taken away"
        return
    if name in old.required - new.required:
        yield f"{path}: no longer always there"
    yield from _differences(before, new.within(new.fields[name]), path)
