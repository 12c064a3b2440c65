"""Every route against every kind of caller, from the applications' own routes: a route without a rule is red."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute, _IncludedRouter

from homeward_kit.auth import Role
from homeward_kit.database import Database
from homeward_kit.service import Runtime
from homeward_kit.testing.api import api_client
from homeward_kit.testing.tokens import TokenIssuer
from homeward_kit.web import create_app

from .conftest import OTHER, SCOPES, MakeService
from .rules import RULES, Rule

PLACES = {"path": "Patient/1", "code": "a-rule", "definition_id": "bars-message", "resource_id": str(uuid4())}
BODIES = ("POST", "PUT", "PATCH")
REFERRAL: dict[str, Any] = {  # Any: JSON
    "kind": "hospital_discharge",
    "person": {
        "hospital_number": "H770011",
        "family_name": "Route",
        "given_name": "Test",
        "born_on": "1941-05-06",
    },
    "hospital": "RJZ",
    "ward": "W7",
    "needs": ["meals"],
}
STEPS: dict[str, dict[str, Any]] = {  # Any: JSON
    "withdraw": {"reason": "transferred"},
    "readiness": {"criteria_to_reside": [], "assessed_at": "2026-11-20T10:00:00Z"},
}


@dataclass(frozen=True)
class Someone:
    """A kind of caller."""

    name: str
    token: str | None
    role: Role | None = None  # None: nobody that is known
    scopes: frozenset[str] | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def passes(self, rule: Rule | None) -> bool:
        if rule is None:
            return True
        return self.role in rule.roles and (self.scopes is None or rule.scope in self.scopes)


def everybody(issuer: TokenIssuer) -> list[Someone]:
    return [
        Someone("nobody", None),
        Someone("with nonsense", "nonsense"),
        Someone("too late", issuer.token(Role.COORDINATOR, claims={"exp": 1})),
        *(Someone(str(role), issuer.token(role), role) for role in Role),
        Someone("registered", issuer.client_token("system", " ".join(SCOPES)), Role.WARD_SYSTEM, SCOPES),
        Someone("without scopes", issuer.client_token("system", "another"), Role.WARD_SYSTEM, frozenset()),
    ]


def routes_of(routes: Iterable[Any]) -> Iterator[tuple[str, str]]:  # Any: FastAPI's own kinds of route
    """Every (method, path) of an application, with what is not in its documentation."""
    for route in routes:
        if isinstance(route, _IncludedRouter):
            yield from routes_of(route.effective_candidates())
        elif isinstance(route, APIRoute) or hasattr(route, "dependant"):
            yield from ((method, route.path) for method in sorted(route.methods))


def address_of(path: str) -> str:
    return re.sub(r"\{(\w+)(:path)?\}", lambda found: PLACES.get(found.group(1), str(uuid4())), path)


@pytest.mark.parametrize("package", RULES)
async def test_every_route_lets_in_whom_its_rule_names_and_writes_down_whom_it_turns_away(
    package: str, make_database: Callable[[str], Database], make_service: MakeService, token_issuer: TokenIssuer
) -> None:
    database = make_database(package)
    service = make_service(package, database)
    app = create_app(service, Runtime(service, "api", database))
    found = sorted(set(routes_of(app.routes)), key=lambda route: route[1])
    rules = RULES[package]
    assert {f"{method} {path}" for method, path in found} == set(rules), "a route has no rule, or a rule no route"
    wrong, refused = [], Counter[str]()
    async with api_client(service, database) as client:
        for method, path in found:
            rule = rules[f"{method} {path}"]
            for someone in everybody(token_issuer):
                body: dict[str, str] | None = {} if method in BODIES else None
                answer = await client.request(method, address_of(path), headers=someone.headers, json=body)
                is_in = answer.status_code not in {401, 403}
                turned_away = answer.status_code == (403 if someone.role else 401)
                if is_in != someone.passes(rule) or answer.status_code >= 500 or is_in == turned_away:
                    wrong.append(f"{someone.name}: {method} {path} → {answer.status_code}")
                if not is_in:
                    refused["refused"] += 1
    assert wrong == []
    async with database.transaction() as tx:
        rows = (
            await tx.execute(
                "SELECT count(*) AS all, count(*) FILTER (WHERE actor = 'anonymous' OR (role IS NOT NULL"
                " AND organisation IS NOT NULL AND purpose IS NOT NULL)) AS whole FROM audit_log WHERE outcome IN"
                " ('no_token', 'malformed', 'not_valid_here_or_now', 'role_not_allowed', 'scope_missing')"
            )
        ).one()
    assert tuple(rows) == (refused["refused"], refused["refused"])


async def test_another_organisations_referral_is_not_there_on_any_route(
    make_database: Callable[[str], Database], make_service: MakeService, token_issuer: TokenIssuer
) -> None:
    database = make_database("spa_intake")
    service = make_service("spa_intake", database)
    own = {"Authorization": f"Bearer {token_issuer.client_token('system', ' '.join(SCOPES))}"}
    other = {"Authorization": f"Bearer {token_issuer.client_token(OTHER.client_id, ' '.join(SCOPES))}"}
    async with api_client(service, database) as client:
        sent = await client.post("/api/v1/referrals", json=REFERRAL, headers=own)
        assert sent.status_code == 201, sent.text
        referral_id = sent.json()["referral_id"]
        for route, rule in RULES["spa_intake"].items():
            method, path = route.split(" ")
            if "{referral_id}" not in path or rule is None or Role.WARD_SYSTEM not in rule.roles:
                continue
            place = path.replace("{referral_id}", referral_id)
            body = STEPS.get(place.rpartition("/")[2], {}) if method == "POST" else None
            answer = await client.request(method, place, headers=other | {"If-Match": '"2"'}, json=body)
            assert answer.status_code == 404, f"{route}: {answer.status_code} {answer.text}"
        note = await client.post("/api/v1/notes", json={"referral_id": referral_id, "text": "not yours"}, headers=other)
        assert note.status_code == 404
        assert (await client.get(f"/api/v1/notes?referral_id={referral_id}", headers=other)).status_code == 404
        assert (await client.get("/api/v1/referrals", headers=other)).json()["items"] == []
        assert (await client.get(f"/fhir/R4/ServiceRequest/{referral_id}", headers=other)).status_code == 404
        stranger = await client.post("/api/v1/referrals", json=REFERRAL, headers=other)
        assert (stranger.status_code, stranger.json()["errors"][0]["pointer"]) == (403, "/hospital")


async def test_every_read_is_written_down_with_who_in_what_capacity_and_why(
    make_database: Callable[[str], Database], make_service: MakeService, token_issuer: TokenIssuer
) -> None:
    database = make_database("spa_intake")
    service = make_service("spa_intake", database)
    own = {"Authorization": f"Bearer {token_issuer.client_token('system', ' '.join(SCOPES))}"}
    async with api_client(service, database) as client:
        referral_id = (await client.post("/api/v1/referrals", json=REFERRAL, headers=own)).json()["referral_id"]
        coordinator = token_issuer.headers(Role.COORDINATOR, org="QKK")
        view = (await client.get(f"/api/v1/referrals/{referral_id}", headers=coordinator)).json()
        places = {"referral_id": referral_id, "resource_id": referral_id, "patient_key": view["patient_key"]}
        silent = []
        for route, rule in RULES["spa_intake"].items():
            method, path = route.split(" ")
            if method != "GET" or rule is None or path in {"/ops/lag", "/ops/demo-clock", "/ops/read-model"}:
                continue
            role = next(role for role in (Role.COORDINATOR, Role.OPERATOR, Role.WARD_SYSTEM) if role in rule.roles)
            reader = f"client/{uuid4()}" if role is Role.WARD_SYSTEM else None
            headers = token_issuer.headers(role, subject=reader, org="RJZ")
            address = re.sub(r"\{(\w+)\}", lambda found: places.get(found.group(1), str(uuid4())), path)
            query = {"referral_id": referral_id} if path == "/api/v1/notes" else {}
            before = await _rows(database)
            answer = await client.get(address, headers=headers, params=query)
            assert answer.status_code < 500
            if len(await _rows(database)) == len(before):
                silent.append(f"{route} → {answer.status_code}")
    assert silent == []
    rows = await _rows(database)
    assert all(row.role and row.organisation and row.purpose and row.recorded_at for row in rows)


async def _rows(database: Database) -> list[Any]:  # Any: rows
    async with database.transaction() as tx:
        return list((await tx.execute("SELECT * FROM audit_log WHERE actor <> 'system' ORDER BY id")).all())
