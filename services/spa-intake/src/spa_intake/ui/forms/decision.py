"""The form of the team's decision: pathway, who took part, the services of the package, and why it differs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field as Bound
from pydantic import StringConstraints, ValidationError
from starlette.datastructures import FormData

from spa_intake.ui.presenters import words

from .fields import Checked, Choice, Field, Form, FormModel, Kind, check, choices

MDT_ROLES = ("nurse", "occupational_therapist", "physiotherapist", "social_worker", "pharmacist", "community_matron")
DIFFERS_REASONS = (
    "person_choice",
    "family_support",
    "clinical_judgement",
    "safeguarding",
    "home_not_suitable",
    "no_capacity",
)
VISITED = frozenset({"home_care", "reablement"})
VISIT_COLUMNS = {
    "visits_per_day": "Visits a day",
    "minutes_per_visit": "Minutes a visit",
    "carers_per_visit": "Carers a visit",
    "days_per_week": "Days a week",
}
HIGHEST = {"visits_per_day": 12, "minutes_per_visit": 240, "carers_per_visit": 3, "days_per_week": 7}
SUGGESTED, OWN = "suggested", "own"


class DecisionForm(FormModel):
    pathway: Annotated[int, Bound(ge=0, le=3)]
    participants: tuple[str, ...]
    lines_choice: Literal["suggested", "own"]
    differs_reason: str | None = None
    note: Annotated[str, StringConstraints(max_length=4000)] | None = None
    target_on: date | None = None


DECISION = Form(
    DecisionForm,
    (
        Field(
            "pathway",
            "Which pathway did the team decide?",
            Kind.RADIOS,
            "Select a pathway",
            [Choice(str(number), text) for number, text in words.PATHWAYS.items()],
        ),
        Field(
            "differs_reason",
            "Why is it not the suggested pathway?",
            Kind.SELECT,
            "Select why the team decided on another pathway",
            (Choice("", "It is the suggested pathway"), *choices(words.REASONS, DIFFERS_REASONS)),
        ),
        Field(
            "note",
            "Note on the decision",
            Kind.TEXTAREA,
            "Enter a note of up to 4,000 characters",
            hint="Needed when it is not the suggested pathway",
        ),
        Field(
            "participants",
            "Who took part in the decision?",
            Kind.CHECKBOXES,
            "Select who took part",
            choices(words.ROLES, MDT_ROLES),
        ),
        Field(
            "lines_choice",
            "Which services does the person need?",
            Kind.RADIOS,
            "Select which services the person needs",
            (
                Choice(SUGGESTED, "The services that the needs suggest for this pathway"),
                Choice(OWN, "Other services or visits", "You choose them from a table that starts as suggested"),
            ),
        ),
        Field(
            "target_on",
            "Target date for leaving hospital (optional)",
            Kind.DATE,
            "Enter a real date, such as 27 3 2027",
            hint="For example, 27 3 2027. Leave empty to keep the present one.",
        ),
    ),
)


@dataclass(frozen=True)
class GridRow:
    """One service of the grid as it is shown: chosen or not, and what was typed."""

    service: str
    text: str
    is_chosen: bool
    is_visited: bool
    typed: Mapping[str, str]


class Line(FormModel):
    """A chosen service; visits are asked for home care and reablement only."""

    service: str
    visits_per_day: Annotated[int, Bound(ge=1, le=HIGHEST["visits_per_day"])] | None = None
    minutes_per_visit: Annotated[int, Bound(ge=15, le=HIGHEST["minutes_per_visit"])] | None = None
    carers_per_visit: Annotated[int, Bound(ge=1, le=HIGHEST["carers_per_visit"])] | None = None
    days_per_week: Annotated[int, Bound(ge=1, le=HIGHEST["days_per_week"])] | None = None


@dataclass(frozen=True)
class CheckedDecision:
    """The decision as it was typed and, when nothing is wrong, the body triage gets."""

    checked: Checked
    grid: list[GridRow]
    body: Mapping[str, Any] | None = None  # Any: JSON
    note: str | None = None


def grid_of(lines: list[Mapping[str, Any]]) -> list[GridRow]:  # Any: JSON of triage
    """The grid filled with lines that triage suggests."""
    by_service = {line["service"]: line for line in lines}
    return [
        GridRow(
            service,
            text,
            service in by_service,
            service in VISITED,
            {name: str(by_service.get(service, {}).get(name) or "") for name in VISIT_COLUMNS},
        )
        for service, text in words.SERVICES.items()
    ]


def check_decision(data: FormData, suggested_pathway: int | None) -> CheckedDecision:
    """Check the whole form: the grid counts only when it was chosen."""
    checked = check(DECISION, data)
    grid = _typed_grid(data)
    errors = dict(checked.errors)
    values = checked.values
    lines: list[Line] | None = None
    if isinstance(values, DecisionForm):
        errors |= _unexplained(values, suggested_pathway)
        if values.lines_choice == OWN:
            lines, wrong = _lines(grid)
            errors |= wrong
    if errors or not isinstance(values, DecisionForm):
        return CheckedDecision(Checked(checked.raw, None, errors), grid)
    body = values.model_dump(mode="json", include={"pathway", "participants", "differs_reason", "target_on"})
    body["lines"] = None if lines is None else [line.model_dump(exclude_none=True) for line in lines]
    return CheckedDecision(checked, grid, body, values.note)


def _unexplained(values: DecisionForm, suggested_pathway: int | None) -> dict[str, str]:
    if suggested_pathway is None or values.pathway == suggested_pathway:
        return {}
    wrong = {}
    if not values.differs_reason:
        wrong["differs_reason"] = "Select why the team decided on another pathway"
    if not values.note:
        wrong["note"] = "Enter a note that explains the decision"
    return wrong


def _typed_grid(data: FormData) -> list[GridRow]:
    chosen = {str(service) for service in data.getlist("line")}
    return [
        GridRow(
            service,
            text,
            service in chosen,
            service in VISITED,
            {name: str(data.get(f"{service}-{name}", "")).strip() for name in VISIT_COLUMNS},
        )
        for service, text in words.SERVICES.items()
    ]


def _lines(grid: list[GridRow]) -> tuple[list[Line], dict[str, str]]:
    lines: list[Line] = []
    wrong: dict[str, str] = {}
    for row in grid:
        if not row.is_chosen:
            continue
        typed = {name: value for name, value in row.typed.items() if value} if row.is_visited else {}
        try:
            lines.append(Line(service=row.service, **typed))
        except ValidationError as error:
            for fault in error.errors():
                name = str(fault["loc"][0])
                column = VISIT_COLUMNS[name].lower()
                wrong[f"{row.service}-{name}"] = f"{row.text}: enter {column} as a number up to {HIGHEST[name]}"
    return lines, wrong
