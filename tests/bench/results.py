"""What a benchmark found: rows with the baseline of the same run, the file they go to, the table people read."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure. `goal` is a sentence; `met` is None where there is no goal."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    goal: str | None = None
    met: bool | None = None


def rate(name: str, value: float, baseline: float | None = None, *, unit: str = "events/s") -> Row:
    """A speed beside its baseline, without a goal."""
    return Row(name=name, value=value, unit=unit, baseline=baseline, ratio=_ratio(value, baseline))


def at_least(name: str, value: float, goal: float, baseline: float | None = None, *, unit: str = "events/s") -> Row:
    """A speed that should reach a number."""
    ratio = _ratio(value, baseline)
    return Row(
        name=name, value=value, unit=unit, baseline=baseline, ratio=ratio, goal=f">= {goal:g} {unit}", met=value >= goal
    )


def at_least_of(name: str, value: float, baseline: float, goal: float, *, unit: str = "events/s") -> Row:
    """A speed that should reach a part (or a multiple) of its baseline."""
    ratio = value / baseline
    return Row(
        name=name, value=value, unit=unit, baseline=baseline, ratio=ratio, goal=f"ratio >= {goal:g}", met=ratio >= goal
    )


def at_most(name: str, value: float, goal: float, baseline: float | None = None, *, unit: str = "ms") -> Row:
    """A time that should stay under a number."""
    return Row(
        name=name,
        value=value,
        unit=unit,
        baseline=baseline,
        ratio=_ratio(value, baseline),
        goal=f"< {goal:g} {unit}",
        met=value < goal,
    )


def grows_at_most(name: str, value: float, baseline: float, goal: float, *, unit: str = "us/event") -> Row:
    """A cost on full tables that should stay near its cost on small ones."""
    ratio = value / baseline
    return Row(
        name=name, value=value, unit=unit, baseline=baseline, ratio=ratio, goal=f"ratio <= {goal:g}", met=ratio <= goal
    )


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(_rounded(row)) for row in rows], indent=2) + "\n")


def table(rows: Sequence[Row]) -> str:
    """The rows as text in columns."""
    lines = [("name", "value", "unit", "baseline", "ratio", "goal", "met")]
    for row in map(_rounded, rows):
        met = "" if row.met is None else "yes" if row.met else "NO"
        lines.append(
            (row.name, f"{row.value:g}", row.unit, _shown(row.baseline), _shown(row.ratio), row.goal or "", met)
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _ratio(value: float, baseline: float | None) -> float | None:
    return value / baseline if baseline else None


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _rounded(row: Row) -> Row:
    """Five digits are more than the machine's noise."""
    numbers = {
        name: float(f"{number:.5g}")
        for name in ("value", "baseline", "ratio")
        if (number := getattr(row, name)) is not None
    }
    return Row(**(asdict(row) | numbers))
