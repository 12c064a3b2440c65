"""The acceptance rules as they are kept: a change adds a version, the highest of a code counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Row

from homeward_kit.database import Tx
from spa_intake.domain.acceptance_rules import (
    DECIDABLE,
    Condition,
    Effect,
    HospitalNotServed,
    MissingItems,
    OutsideAges,
    OutsideArea,
    Rule,
)
from spa_intake.domain.codes import DeclineReason, Kind, Missing

_Outward = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{1,2}[0-9][A-Z0-9]?$")]
_OdsCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z0-9]{3,10}$")]
_Age = Annotated[int, Field(strict=True, ge=0, le=150)]


class _Kept(BaseModel):
    """A test as it is kept, and as the API takes and gives it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AreaTest(_Kept):
    """Neither the postcode district nor the GP practice is one of these; an empty list is not looked at."""

    test: Literal["outside_area"] = "outside_area"
    outward_postcodes: Annotated[tuple[_Outward, ...], Field(max_length=3000)] = ()
    gp_practices: Annotated[tuple[_OdsCode, ...], Field(max_length=3000)] = ()

    def condition(self) -> Condition:
        return OutsideArea(frozenset(self.outward_postcodes), frozenset(self.gp_practices))


class AgesTest(_Kept):
    """Younger or older than this, in whole years."""

    test: Literal["outside_ages"] = "outside_ages"
    youngest: _Age | None = None
    oldest: _Age | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.youngest is not None and self.oldest is not None and self.youngest > self.oldest:
            raise PydanticCustomError("youngest_over_oldest", "nobody is that old")
        return self

    def condition(self) -> Condition:
        return OutsideAges(self.youngest, self.oldest)


class HospitalTest(_Kept):
    """The hospital is none of these."""

    test: Literal["hospital_not_served"] = "hospital_not_served"
    hospitals: Annotated[tuple[_OdsCode, ...], Field(min_length=1, max_length=3000)]

    def condition(self) -> Condition:
        return HospitalNotServed(frozenset(self.hospitals))


class MissingTest(_Kept):
    """One of these items is missing."""

    test: Literal["missing"] = "missing"
    fields: Annotated[tuple[Missing, ...], Field(min_length=1, max_length=len(DECIDABLE))]

    def condition(self) -> Condition:
        return MissingItems(self.fields)


Test = Annotated[AreaTest | AgesTest | HospitalTest | MissingTest, Field(discriminator="test")]
_test: TypeAdapter[AreaTest | AgesTest | HospitalTest | MissingTest] = TypeAdapter(Test)


def test_of(condition: Condition) -> AreaTest | AgesTest | HospitalTest | MissingTest:
    """A condition in the form in which it is kept and shown."""
    if isinstance(condition, OutsideArea):
        postcodes, practices = tuple(sorted(condition.outward_postcodes)), tuple(sorted(condition.gp_practices))
        return AreaTest(outward_postcodes=postcodes, gp_practices=practices)
    if isinstance(condition, OutsideAges):
        return AgesTest(youngest=condition.youngest, oldest=condition.oldest)
    if isinstance(condition, HospitalNotServed):
        return HospitalTest(hospitals=tuple(sorted(condition.hospitals)))
    return MissingTest(fields=condition.fields)


@dataclass(frozen=True)
class KeptRule:
    """A rule as somebody left it."""

    rule: Rule
    version: int
    changed_at: datetime
    changed_by: str


_COLUMNS = """code, version, sentence, effect, reason, kinds, condition::text AS condition, valid_from, valid_to,
    changed_at, changed_by"""


async def lock(tx: Tx, code: str) -> None:
    """One change of a rule at a time."""
    await tx.lock(f"acceptance-rule/{code}")


async def newest(tx: Tx) -> list[KeptRule]:
    """Every rule as it is now, also those that are not yet or no longer valid."""
    found = await tx.execute(
        f"SELECT DISTINCT ON (code) {_COLUMNS} FROM acceptance_rules ORDER BY code, version DESC"  # noqa: S608
    )
    return [_kept(row) for row in found]


async def rules(tx: Tx) -> list[Rule]:
    """As `newest`, for evaluation."""
    return [kept.rule for kept in await newest(tx)]


async def versions(tx: Tx, code: str) -> list[KeptRule]:
    """A rule's versions, the newest first; none: there is no such rule."""
    found = await tx.execute(
        f"SELECT {_COLUMNS} FROM acceptance_rules WHERE code = :code ORDER BY version DESC",  # noqa: S608 — our own words
        {"code": code},
    )
    return [_kept(row) for row in found]


async def add_version(tx: Tx, rule: Rule, version: int) -> KeptRule:
    """Keep a rule as it is from now on. The caller holds the rule's lock."""
    kept = KeptRule(rule, version, tx.now, tx.actor)
    await tx.execute(
        """
        INSERT INTO acceptance_rules (code, version, sentence, effect, reason, kinds, condition, valid_from, valid_to,
            changed_at, changed_by)
        VALUES (:code, :version, :sentence, :effect, :reason, :kinds, CAST(:condition AS jsonb), :valid_from,
            :valid_to, :changed_at, :changed_by)
        """,
        {
            "code": rule.code,
            "version": version,
            "sentence": rule.sentence,
            "effect": rule.effect,
            "reason": rule.reason,
            "kinds": sorted(rule.kinds),
            "condition": test_of(rule.condition).model_dump_json(),
            "valid_from": rule.valid_from,
            "valid_to": rule.valid_to,
            "changed_at": kept.changed_at,
            "changed_by": kept.changed_by,
        },
    )
    return kept


def _kept(row: Row[Any]) -> KeptRule:  # Any: the row's columns
    rule = Rule(
        code=row.code,
        sentence=row.sentence,
        effect=Effect(row.effect),
        condition=_test.validate_json(row.condition).condition(),
        valid_from=row.valid_from,
        kinds=frozenset(Kind(kind) for kind in row.kinds),
        reason=DeclineReason(row.reason) if row.reason else None,
        valid_to=row.valid_to,
    )
    return KeptRule(rule, row.version, row.changed_at, row.changed_by)
