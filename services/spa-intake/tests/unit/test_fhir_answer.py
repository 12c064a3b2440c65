import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from door_builders import NHS_NUMBER, bars, resource, structure
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from spa_intake.adapters.fhir.answer import Heard, Receipt, response_message
from spa_intake.adapters.fhir.capability import capability_statement
from spa_intake.adapters.fhir.message import read_message
from spa_intake.adapters.fhir.structure import SchemaMissingError, Structure

ENDPOINT = "https://spa.example/fhir/R4"
REFERRAL = UUID("11111111-1111-4111-8111-111111111111")


def test_the_answer_is_a_response_message_about_the_request() -> None:
    message = read_message(json.dumps(bars()).encode(), structure())
    answer = response_message(
        Heard.in_message(message), Receipt(REFERRAL, datetime(2026, 11, 20, 10, 0, tzinfo=UTC), ENDPOINT)
    )
    assert list(structure().faults(answer, "Bundle")) == []
    Bundle.model_validate(answer)
    header = answer["entry"][0]["resource"]
    assert header["eventCoding"]["code"] == "servicerequest-response"
    assert header["response"] == {"identifier": message.bundle.id, "code": "ok"}
    assert resource(answer, "ServiceRequest")["identifier"][0]["value"] == str(REFERRAL)
    assert NHS_NUMBER not in json.dumps(answer)


def test_every_reference_of_the_answer_is_in_it() -> None:
    message = read_message(json.dumps(bars()).encode(), structure())
    answer = response_message(
        Heard.in_message(message), Receipt(REFERRAL, datetime(2026, 11, 20, 10, 0, tzinfo=UTC), ENDPOINT)
    )
    addresses = {entry["fullUrl"] for entry in answer["entry"]}
    assert len(addresses) == len(answer["entry"])
    references = [part.split('"')[0] for part in json.dumps(answer).split('"reference": "')[1:]]
    assert set(references) <= addresses


def test_the_capability_statement_is_valid_and_names_the_local_use_case() -> None:
    statement = capability_statement(ENDPOINT)
    assert list(structure().faults(statement, "CapabilityStatement")) == []
    CapabilityStatement.model_validate(statement)
    assert "LOCAL" in statement["description"]


def test_without_the_schema_the_door_does_not_open(tmp_path: Path) -> None:
    with pytest.raises(SchemaMissingError, match="make assets"):
        Structure.load(tmp_path / "fhir.schema.json")
