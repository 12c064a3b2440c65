"""Whatever the OpenAPI allows, and what it does not: no 5xx, answers as it says, nothing without a token.

Schemathesis makes the requests, from a fixed seed. By hand and for longer: HOMEWARD_REQUESTS=200 and any HOMEWARD_SEED.
"""

import contextlib
import os
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from homeward_kit.auth import Role
from homeward_kit.database import Database
from homeward_kit.testing.tokens import TokenIssuer

from .conftest import MakeService
from .rules import EVERYWHERE, RULES
from .served import served
from .test_routes import REFERRAL

REQUESTS = int(os.environ.get("HOMEWARD_REQUESTS", "3"))  # of an operation, as it allows and as it does not
SEED = int(os.environ.get("HOMEWARD_SEED", "20261122"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]
Operation = APIOperation[Any, Any, Any, Any]  # Any: of whatever kind of schema
AnyCase = Case[Any]  # as above
schemathesis.serializer.alias("x-application/hl7-v2+er7", "text/plain")
ONE_SERVICE = "triage"  # what is the same everywhere is asked of one


@pytest.mark.parametrize("package", RULES)
def test_every_operation_keeps_what_its_documentation_says(
    package: str,
    database_address: Callable[[str], str],
    make_service: MakeService,
    token_issuer: TokenIssuer,
) -> None:
    found: list[str] = []
    with served(make_service(package, Database(database_address(package)))) as address:
        known = _known(package, address, token_issuer)
        schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), result
            operation = result.ok()
            route = f"{operation.method.upper()} {operation.path}"
            if package != ONE_SERVICE and route in EVERYWHERE:
                continue
            rule = RULES[package][route]
            role = None if rule is None else _role(rule.roles)
            headers = {} if role is None else token_issuer.headers(role, org="RJZ")
            for mode in GenerationMode:
                found += _failures(operation, mode, headers, known)
    assert not found, "\n".join(found)


def _role(roles: frozenset[Role]) -> Role:
    return next(role for role in [Role.COORDINATOR, Role.OPERATOR, *roles] if role in roles)


def _known(package: str, address: str, issuer: TokenIssuer) -> dict[str, str]:
    """Something that is there, so that not every answer is 404."""
    if package != "spa_intake":
        return {}
    headers = issuer.headers(Role.COORDINATOR)
    sent = httpx.post(f"{address}/api/v1/referrals", json=REFERRAL, headers=headers)
    view = httpx.get(f"{address}{sent.headers['location']}", headers=headers).json()
    return {name: view[name] for name in ("referral_id", "patient_key")} | {"resource_id": view["referral_id"]}


def _failures(operation: Operation, mode: GenerationMode, headers: dict[str, str], known: dict[str, str]) -> list[str]:
    """What was found with one operation; the first of its kind only."""
    found: dict[str, str] = {}

    @seed(SEED)
    @settings(
        max_examples=REQUESTS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def ask(case: AnyCase) -> None:
        parameters: dict[str, Any] = dict(case.path_parameters or {})  # Any: as generated
        case.path_parameters = {name: known.get(name, value) for name, value in parameters.items()}
        response = case.call(headers=headers, timeout=20)
        try:
            case.validate_response(response, checks=CHECKS, headers=headers)
        except (Failure, FailureGroup) as failure:
            failures = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
            for each in failures:
                title = f"{operation.label} [{mode.value}]: {getattr(each, 'title', type(each).__name__)}"
                found.setdefault(title, f"{title} ({response.status_code}) {str(each)[:300]}")

    with contextlib.suppress(Unsatisfiable):  # an operation without anything that could be wrong
        ask()
    return list(found.values())
