"""The suggested pathway: rules as readable data, each with its source and the facts that fired it.

Definitions of the pathways: DHSC "Hospital discharge and community support guidance" (January 2024), Annex B.
The suggestion is the highest pathway that any fired rule asks for; it advises, the MDT decides.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .codes import Judgement, Need
from .events import Assessment
from .facts import CodedFacts

PERSONAL_CARE = frozenset(
    {
        Need.WASHING_DRESSING,
        Need.TOILETING,
        Need.MEALS,
        Need.MEDICATION_SUPPORT,
        Need.MOVING_HANDLING,
        Need.NIGHT_CARE,
        Need.COGNITION_SUPPORT,
    }
)
HEALTH_CARE = frozenset({Need.WOUND_CARE, Need.CATHETER_CARE, Need.THERAPY, Need.EQUIPMENT, Need.END_OF_LIFE_CARE})


@dataclass(frozen=True)
class Picture:
    """The person as referral and assessments together describe them."""

    needs: frozenset[str]
    judgements: frozenset[str] = frozenset()
    living_situation: str | None = None
    existing_care: str | None = None
    mobility: str | None = None

    @property
    def is_care_home_resident(self) -> bool:
        return "care_home" in {self.living_situation, self.existing_care}

    @property
    def has_package(self) -> bool:
        return self.existing_care == "package_of_care"

    @property
    def has_increased_needs(self) -> bool:
        return Judgement.NEEDS_INCREASED in self.judgements


@dataclass(frozen=True)
class FiredRule:
    """A rule with the coded facts that fired it."""

    rule: str
    pathway: int
    because: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    pathway: int
    rules: tuple[FiredRule, ...]


def picture_of(coded: CodedFacts, assessments: Iterable[Assessment] = ()) -> Picture:
    """Needs are those of the referral and of every assessment; the newest judgement on new needs counts."""
    needs = {need for need in coded.needs if need in set(Need)}
    judgements: set[str] = set()
    opposite = {
        Judgement.NEEDS_INCREASED: Judgement.NO_NEW_NEEDS,
        Judgement.NO_NEW_NEEDS: Judgement.NEEDS_INCREASED,
    }
    for assessment in assessments:
        found = set(assessment.findings)
        needs |= found & set(Need)
        for judgement in [each for each in Judgement if each in found]:
            judgements.add(judgement)
            judgements.discard(opposite.get(judgement, ""))
    return Picture(
        needs=frozenset(needs),
        judgements=frozenset(judgements),
        living_situation=coded.living_situation,
        existing_care=coded.existing_care,
        mobility=coded.mobility,
    )


def _needs_among(picture: Picture, wanted: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"needs.{need}" for need in sorted(picture.needs & set(wanted)))


def _returns_to_care_home(picture: Picture) -> tuple[str, ...]:
    """Annex B, pathway 0: people who return to the care home they came from; not forced into pathway 1."""
    if not picture.is_care_home_resident or picture.has_increased_needs:
        return ()
    return tuple(
        f"{name}.care_home"
        for name, value in (
            ("existing_care", picture.existing_care),
            ("living_situation", picture.living_situation),
        )
        if value == "care_home"
    )


def _package_restarts_unchanged(picture: Picture) -> tuple[str, ...]:
    """Annex B, pathway 0: a package that restarts unchanged (sitrep reason "Restart … P0")."""
    if not picture.has_package or picture.has_increased_needs:
        return ()
    return ("existing_care.package_of_care",)


def _no_new_needs(picture: Picture) -> tuple[str, ...]:
    """Annex B, pathway 0: no new or additional health or social needs; the voluntary sector may help at home.

    Health care that somebody had before is not new where an assessor found that nothing is.
    """
    if picture.has_increased_needs:
        return ()
    if Judgement.NO_NEW_NEEDS in picture.judgements and not picture.needs - HEALTH_CARE - {Need.SHOPPING_SOCIAL}:
        return ("judgement.no_new_needs", *_needs_among(picture, picture.needs))
    if picture.needs - {Need.SHOPPING_SOCIAL}:
        return ()
    return ("needs.none", *_needs_among(picture, {Need.SHOPPING_SOCIAL}))


def _new_personal_care(picture: Picture) -> tuple[str, ...]:
    """Annex B, pathway 1: home with new support, where no package or care home gives it yet."""
    if picture.has_package or picture.is_care_home_resident:
        return ()
    return _needs_among(picture, PERSONAL_CARE)


def _new_health_care(picture: Picture) -> tuple[str, ...]:
    """Annex B, pathway 1: usual residence (a care home too) with health support in the community.

    Not for a person whom an assessor found to have no new needs: they had that support before.
    """
    if Judgement.NO_NEW_NEEDS in picture.judgements:
        return ()
    return _needs_among(picture, HEALTH_CARE)


def _needs_increased(picture: Picture) -> tuple[str, ...]:
    """Annex B, pathway 1: additional support on top of what the person had."""
    return ("judgement.needs_increased",) if picture.has_increased_needs else ()


def _bed_based_rehabilitation(picture: Picture) -> tuple[str, ...]:
    """Annex B, pathway 2: recovery or rehabilitation in a community bed, short term."""
    return _needs_among(picture, {Need.BED_BASED_REHABILITATION})


def _new_care_home(picture: Picture) -> tuple[str, ...]:
    """Annex B, pathway 3: bed-based 24-hour care, such as a new care home, likely for long."""
    return _needs_among(picture, {Need.CARE_HOME_PLACEMENT})


def _needs_24_hour_care(picture: Picture) -> tuple[str, ...]:
    """Annex B, pathway 3: 24-hour care; a resident's own care home gives it already (pathway 0 or 1)."""
    if Judgement.NEEDS_24_HOUR_CARE not in picture.judgements or picture.is_care_home_resident:
        return ()
    return ("judgement.needs_24_hour_care",)


@dataclass(frozen=True)
class Rule:
    """A rule asks for a pathway whenever `fires` gives any facts."""

    code: str
    pathway: int
    fires: Callable[[Picture], tuple[str, ...]]


RULES = (
    Rule("no_new_needs", 0, _no_new_needs),
    Rule("returns_to_care_home", 0, _returns_to_care_home),
    Rule("package_restarts_unchanged", 0, _package_restarts_unchanged),
    Rule("new_personal_care", 1, _new_personal_care),
    Rule("new_health_care", 1, _new_health_care),
    Rule("needs_increased", 1, _needs_increased),
    Rule("bed_based_rehabilitation", 2, _bed_based_rehabilitation),
    Rule("new_care_home", 3, _new_care_home),
    Rule("needs_24_hour_care", 3, _needs_24_hour_care),
)


def suggest(picture: Picture) -> Suggestion:
    """The pathway that Annex B gives to this picture, with every rule that fired and why."""
    fired = tuple(FiredRule(rule.code, rule.pathway, because) for rule in RULES if (because := rule.fires(picture)))
    return Suggestion(max((rule.pathway for rule in fired), default=0), fired)
