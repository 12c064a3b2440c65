"""Who may use each route: roles, and the scope a registered client needs. A test is red for a route not here."""

from dataclasses import dataclass

from homeward_kit.callers import STAFF, Role

WARD = frozenset({Role.WARD_SYSTEM})
MDT = frozenset(
    {
        Role.NURSE,
        Role.OCCUPATIONAL_THERAPIST,
        Role.PHYSIOTHERAPIST,
        Role.SOCIAL_WORKER,
        Role.PHARMACIST,
        Role.COMMUNITY_MATRON,
    }
)
COORDINATOR, BROKER = frozenset({Role.COORDINATOR}), frozenset({Role.BROKER})
OPERATOR = frozenset({Role.OPERATOR})
READERS = STAFF | OPERATOR
SUPERVISORS = OPERATOR | {Role.MANAGER}
OPEN = None  # no token: nothing in it is anybody's


@dataclass(frozen=True)
class Rule:
    roles: frozenset[Role]
    scope: str | None = None


Rules = dict[str, Rule | None]


def of(roles: frozenset[Role], scope: str | None, *routes: str) -> Rules:
    return dict.fromkeys(routes, Rule(roles, scope))


EVERYWHERE: Rules = {
    "GET /health/live": OPEN,
    "GET /health/ready": OPEN,
    "GET /metrics": OPEN,
    "GET /docs": OPEN,
    "GET /docs/start.js": OPEN,
    **of(
        SUPERVISORS,
        None,
        "GET /ops/events",
        "GET /ops/dead-letters",
        "GET /ops/audit/head",
        "GET /ops/audit/verify",
        "GET /ops/republish/{request_id}",
        "GET /ops/timers",
        "GET /ops/lag",
        "GET /ops/demo-clock",
        "POST /ops/demo-clock",
    ),
    **of(
        OPERATOR,
        None,
        "GET /ops/dead-letters/{letter_id}",
        "POST /ops/dead-letters/{letter_id}/repair",
        "POST /ops/dead-letters/{letter_id}/replay",
        "POST /ops/dead-letters/{letter_id}/discard",
        "POST /ops/republish",
    ),
}
REFERRAL, SUBSCRIPTION = "/api/v1/referrals/{referral_id}", "/api/v1/subscriptions/{subscription_id}"
CASE, LINE, FHIR = "/api/v1/cases/{case_id}", "/api/v1/packages/{package_id}/lines/{line_id}", "/fhir/R4"

INTAKE: Rules = {
    **EVERYWHERE,
    "GET /.well-known/jwks.json": OPEN,
    f"GET {FHIR}/metadata": OPEN,
    f"GET {FHIR}/MessageDefinition": OPEN,
    f"GET {FHIR}/MessageDefinition/{{definition_id}}": OPEN,
    **{f"{method} {FHIR}/{{path:path}}": OPEN for method in ("GET", "POST", "PUT", "PATCH", "DELETE")},
    **of(
        READERS | WARD,
        "referrals.read",
        "GET /api/v1/referrals",
        f"GET {REFERRAL}",
        f"GET {REFERRAL}/content",
        f"GET {REFERRAL}/criteria",
    ),
    **of(WARD | COORDINATOR, "referrals.write", "POST /api/v1/referrals"),
    **of(
        WARD | COORDINATOR,
        "referrals.write",
        *(f"POST {REFERRAL}/{step}" for step in ("amend", "answer", "withdraw", "readiness")),
    ),
    **of(COORDINATOR, None, *(f"POST {REFERRAL}/{step}" for step in ("accept", "decline", "query", "close", "assign"))),
    **of(STAFF | WARD, "referrals.write", "POST /api/v1/notes"),
    **of(STAFF | WARD, "referrals.read", "GET /api/v1/notes"),
    **of(
        STAFF,
        None,
        "GET /api/v1/people/{patient_key}",
        "POST /api/v1/people/lookup",
        "GET /api/v1/people/possible-duplicates",
        "GET /api/v1/people/possible-duplicates/waiting",
        "GET /api/v1/people/possible-duplicates/{duplicate_id}",
    ),
    **of(COORDINATOR, None, "POST /api/v1/people/possible-duplicates/{duplicate_id}/decide"),
    **of(
        WARD | SUPERVISORS,
        "subscriptions",
        "POST /api/v1/subscriptions",
        "GET /api/v1/subscriptions",
        f"GET {SUBSCRIPTION}",
        f"DELETE {SUBSCRIPTION}",
        f"GET {SUBSCRIPTION}/deliveries",
        *(f"POST {SUBSCRIPTION}/{step}" for step in ("rotate", "pause", "resume", "test", "replay")),
    ),
    **of(
        READERS,
        None,
        "GET /api/v1/acceptance-rules",
        "GET /api/v1/acceptance-rules/{code}",
        "GET /api/v1/acceptance-rules/{code}/versions",
    ),
    **of(
        SUPERVISORS,
        None,
        "POST /api/v1/acceptance-rules",
        "PUT /api/v1/acceptance-rules/{code}",
        "POST /api/v1/acceptance-rules/{code}/preview",
    ),
    **of(
        WARD,
        "fhir",
        f"POST {FHIR}/$process-message",
        *(
            route
            for kind in ("ServiceRequest", "Task")
            for route in (
                f"GET {FHIR}/{kind}",
                f"GET {FHIR}/{kind}/{{resource_id}}",
                f"POST {FHIR}/{kind}/_search",
            )
        ),
    ),
    **of(WARD, "hl7", "POST /api/v1/hl7/adt"),
    **of(
        OPERATOR,
        None,
        "GET /ops/adt-messages",
        "GET /ops/adt-messages/{message_id}",
        "POST /ops/adt-messages/{message_id}/replay",
        "POST /ops/adt-messages/{message_id}/set-aside",
        "POST /ops/read-model/rebuild",
        "POST /ops/read-model/abandon",
    ),
    **of(SUPERVISORS, None, "GET /ops/read-model"),
}
TRIAGE: Rules = {
    **EVERYWHERE,
    **of(READERS, None, "GET /api/v1/cases", f"GET {CASE}"),
    **of(MDT, None, f"POST {CASE}/assessments", f"POST {CASE}/decision"),
    **of(MDT | COORDINATOR, None, *(f"POST {CASE}/{step}" for step in ("target", "return", "reopen", "close"))),
}
PROVIDER = frozenset({Role.PROVIDER})
CARE_PACKAGE: Rules = {
    **EVERYWHERE,
    **of(
        READERS,
        None,
        "GET /api/v1/packages",
        "GET /api/v1/packages/{package_id}",
        "GET /api/v1/providers",
        "GET /api/v1/providers/{provider_id}",
    ),
    **of(
        BROKER,
        None,
        *(f"POST {LINE}/{step}" for step in ("start", "fell-through", "hand-back", "end", "resume", "cancel")),
    ),
    **of(READERS | PROVIDER, None, "GET /api/v1/offers", "GET /api/v1/offers/{offer_id}"),
    **of(BROKER | PROVIDER, None, "POST /api/v1/offers/{offer_id}/accept", "POST /api/v1/offers/{offer_id}/decline"),
    **of(BROKER | SUPERVISORS, None, "POST /api/v1/providers"),
    **of(BROKER | SUPERVISORS | PROVIDER, None, "POST /api/v1/capacity"),
}
MONITOR: Rules = {
    **EVERYWHERE,
    **of(READERS, None, "GET /api/v1/watches", "GET /api/v1/watches/{watch_id}"),
}
RULES = {
    "spa_intake": INTAKE,
    "triage": TRIAGE,
    "care_package": CARE_PACKAGE,
    "readmission_monitor": MONITOR,
}
