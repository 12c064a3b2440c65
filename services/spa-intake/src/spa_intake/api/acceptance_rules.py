"""Acceptance rules over HTTP: managers and operators change them; every version is kept."""

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from homeward_kit.auth import Caller, Role, require
from homeward_kit.commands import Answer, check_version, run_command
from homeward_kit.database import Tx
from spa_intake.adapters.db import acceptance_rules
from spa_intake.adapters.db.acceptance_rules import KeptRule, MissingTest, Test, test_of
from spa_intake.domain.acceptance_rules import DECIDABLE, Effect, Rule
from spa_intake.domain.codes import DeclineReason, Kind
from spa_intake.domain.errors import RuleNotFound
from spa_intake.use_cases.change_acceptance_rule import change_acceptance_rule
from spa_intake.use_cases.make_acceptance_rule import make_acceptance_rule
from spa_intake.use_cases.preview_acceptance_rule import preview_acceptance_rule

from .dependencies import READERS, reading
from .field_types import Body, Day, Name, ServiceCode
from .resources import Resource

router = APIRouter(prefix="/api/v1/acceptance-rules", tags=["acceptance rules"])

Reader = Annotated[Caller, Depends(require(*READERS))]
Changer = Annotated[Caller, Depends(require(Role.MANAGER, Role.OPERATOR))]
Code = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,59}$")]


class RuleBody(Body):
    """What is looked at, and what the coordinator is told when it applies. The machine never decides."""

    sentence: Name = Field(description="What the coordinator reads, in plain words and without naming anybody.")
    effect: Effect = Field(description="query: ask the ward; decline: with the reason given; warn: look twice.")
    reason: DeclineReason | None = Field(None, description="The reason of the decline that is suggested.")
    kinds: Annotated[list[Kind], Field(max_length=4)] = Field([], description="Empty: every kind of referral.")
    condition: Test
    valid_from: Day
    valid_to: Day | None = Field(None, description="The last day on which it counts; null: until it is changed.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.effect is Effect.DECLINE) != (self.reason is not None):
            raise PydanticCustomError("reason_with_decline", "a reason is given with decline, and only then")
        if self.reason is DeclineReason.REDIRECTED:
            raise PydanticCustomError("reason_with_decline", "a coordinator names the service of a redirect")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError("valid_to_before_valid_from", "it ends before it begins")
        if isinstance(self.condition, MissingTest) and not DECIDABLE.issuperset(self.condition.fields):
            raise PydanticCustomError("not_decidable", "an item that only a person can look for")
        return self

    def rule(self, code: str) -> Rule:
        return Rule(
            code=code,
            sentence=self.sentence,
            effect=self.effect,
            condition=self.condition.condition(),
            valid_from=self.valid_from,
            kinds=frozenset(self.kinds),
            reason=self.reason,
            valid_to=self.valid_to,
        )


class NewRuleBody(RuleBody):
    code: ServiceCode = Field(description="A name for good, in small letters and underscores.")


class RuleOut(Resource):
    code: str
    version: int
    sentence: str
    effect: str
    reason: str | None
    kinds: list[str]
    condition: Test
    valid_from: date
    valid_to: date | None
    changed_at: datetime
    changed_by: str


class PreviewOut(Resource):
    """About how many of the referrals worked on last it finds something: before, after, newly and no longer."""

    looked_at: int
    before: int
    after: int
    newly: int
    no_longer: int


class RulesOut(Resource):
    items: list[RuleOut]


@router.get("")
async def list_rules(request: Request, caller: Reader) -> RulesOut:
    """Every rule as it is now, also those that are not yet or no longer valid."""
    async with reading(request, caller) as tx:
        return RulesOut(items=[_out(kept) for kept in await acceptance_rules.newest(tx)])


@router.get("/{code}")
async def read_rule(code: Code, request: Request, response: Response, caller: Reader) -> RuleOut:
    """One rule; its version is the ETag that a change needs as If-Match."""
    versions = await _versions(code, request, caller)
    response.headers["ETag"] = f'"{versions[0].version}"'
    return _out(versions[0])


@router.get("/{code}/versions")
async def read_versions(code: Code, request: Request, caller: Reader) -> RulesOut:
    """How the rule came to be, the newest version first."""
    return RulesOut(items=[_out(kept) for kept in await _versions(code, request, caller)])


@router.post("", status_code=201, response_model=RuleOut)
async def make_rule(body: NewRuleBody, request: Request, caller: Changer) -> Response:
    """Make a rule. Rules are not deleted: give a rule that is over its last day."""

    async def work(tx: Tx) -> Answer:
        kept = await make_acceptance_rule(tx, body.rule(body.code))
        return Answer(_out(kept), 201, kept.version, f"{router.prefix}/{body.code}")

    return await run_command(request, caller, work)


@router.post("/{code}/preview")
async def preview_rule(code: Code, body: RuleBody, request: Request, caller: Changer) -> PreviewOut:
    """Try a rule, new or changed, on the referrals that were worked on last. Nothing is changed."""
    async with reading(request, caller) as tx:
        return PreviewOut(**vars(await preview_acceptance_rule(tx, body.rule(code), caller)))


@router.put("/{code}", response_model=RuleOut)
async def change_rule(code: Code, body: RuleBody, request: Request, caller: Changer) -> Response:
    """Change a rule, whole. As it was, it is kept."""

    async def work(tx: Tx) -> Answer:
        kept = await change_acceptance_rule(tx, body.rule(code), lambda current: check_version(request, current))
        return Answer(_out(kept), version=kept.version)

    return await run_command(request, caller, work)


async def _versions(code: str, request: Request, caller: Caller) -> list[KeptRule]:
    async with reading(request, caller) as tx:
        versions = await acceptance_rules.versions(tx, code)
    if not versions:
        raise RuleNotFound
    return versions


def _out(kept: KeptRule) -> RuleOut:
    rule = kept.rule
    return RuleOut(
        code=rule.code,
        version=kept.version,
        sentence=rule.sentence,
        effect=rule.effect,
        reason=rule.reason,
        kinds=sorted(rule.kinds),
        condition=test_of(rule.condition),
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
        changed_at=kept.changed_at,
        changed_by=kept.changed_by,
    )
