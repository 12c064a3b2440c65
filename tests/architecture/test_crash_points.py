"""Every crash point is reached by the code, and none is reached that no test ends a process at."""

import ast
from collections.abc import Iterator

from homeward_kit.crash_points import LABELS

from .sources import source_files

# ended at in services/spa-intake/tests/integration/test_rebuild.py
OF_SPA_INTAKE = {"read_model_switch.before_commit", "read_model_switch.after_commit"}


def _words(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _reached_by(call: ast.Call) -> Iterator[str]:
    """What `reach(label)` names, and what `transaction(place=…)` reaches by itself."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else None
    if name == "reach" and isinstance(call.args[0], ast.Constant):
        yield from _words(call.args[0])
    for given in call.keywords:
        if name == "transaction" and given.arg == "place":
            for place in _words(given.value):
                yield f"{place}.before_commit"
                yield f"{place}.after_commit"


def test_every_crash_point_is_reached_and_no_other() -> None:
    calls = (
        node for path in source_files() for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    )
    assert {label for call in calls for label in _reached_by(call)} == {*LABELS, *OF_SPA_INTAKE}
