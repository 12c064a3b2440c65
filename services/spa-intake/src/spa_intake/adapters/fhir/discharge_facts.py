"""The coded facts of a discharge, carried as Observations in a code system local to Homeward."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

from spa_intake.adapters.fhir import codes, resources
from spa_intake.adapters.fhir.message import Message, day, instant
from spa_intake.adapters.fhir.outcome import Issue
from spa_intake.domain.codes import Cognition, Criterion, ExistingCare, LivingSituation, Mobility, Need
from spa_intake.domain.content_codes import Referrer
from spa_intake.domain.inputs import ReferralFacts

AT = "Observation.value"
E = TypeVar("E", bound=StrEnum)


def read_facts(message: Message, organisation: str, ward: str, faults: list[Issue]) -> ReferralFacts:
    """The facts that the Observations state; a code that is not one of ours is noted as a fault."""
    facts = _Facts(message, faults)
    assessed_at = facts.effective_at("criterion-to-reside")
    return ReferralFacts(
        referring_organisation=organisation,
        hospital=organisation,
        ward=ward,
        referrer=Referrer.WARD,
        expected_discharge_on=day(facts.moment("expected-discharge"), AT, faults),
        discharge_ready_on=day(facts.moment("discharge-ready"), AT, faults),
        criteria_to_reside=facts.several("criterion-to-reside", Criterion),
        criteria_assessed_at=instant(assessed_at, "Observation.effective", faults),
        needs=facts.several("need", Need),
        living_situation=facts.one("living-situation", LivingSituation),
        existing_care=facts.one("existing-care", ExistingCare),
        mobility=facts.one("mobility", Mobility),
        cognition=facts.one("cognition", Cognition),
        clinical_frailty_scale=facts.scale("clinical-frailty-scale"),
        safeguarding_concern=facts.is_so("safeguarding-concern"),
    )


class _Facts:
    def __init__(self, message: Message, faults: list[Issue]) -> None:
        self._observations = message.all(resources.Observation)
        self._faults = faults

    def _about(self, fact: str) -> Iterator[resources.Observation]:
        for each in self._observations:
            if each.code and each.code.code(codes.DISCHARGE_FACTS) == fact:
                yield each

    def several(self, fact: str, choices: type[E]) -> tuple[E, ...]:
        """Every code stated; an Observation without a value states that there is none."""
        said = [each.value_codeable_concept for each in self._about(fact) if each.value_codeable_concept]
        return tuple(dict.fromkeys(code for each in said if (code := self._code(each, choices))))

    def one(self, fact: str, choices: type[E]) -> E | None:
        return next(iter(self.several(fact, choices)), None)

    def moment(self, fact: str) -> str | None:
        return next((each.value_date_time for each in self._about(fact) if each.value_date_time), None)

    def effective_at(self, fact: str) -> str | None:
        return next((each.effective_date_time for each in self._about(fact) if each.effective_date_time), None)

    def is_so(self, fact: str) -> bool:
        return any(each.value_boolean for each in self._about(fact))

    def scale(self, fact: str) -> int | None:
        """A Clinical Frailty Scale runs from 1 to 9 (Rockwood)."""
        said = next((each.value_integer for each in self._about(fact) if each.value_integer is not None), None)
        if said is None or 1 <= said <= 9:
            return said
        self._faults.append(Issue("value", "The Clinical Frailty Scale runs from 1 to 9.", AT))
        return None

    def _code(self, concept: resources.Concept, choices: type[E]) -> E | None:
        said = concept.code(codes.DISCHARGE_FACTS)
        if said in set(choices):
            return choices(said)
        self._faults.append(Issue("code-invalid", f"The code is not one of {choices.__name__}.", AT))
        return None
