from datetime import UTC, datetime
from pathlib import Path

import pytest
from published_examples import EXAMPLES, files, needs_examples

from spa_intake.adapters.hl7.acknowledgement import acknowledgements
from spa_intake.adapters.hl7.message import read_message
from spa_intake.adapters.hl7.movement import MERGE, event_of, read_merges, read_movement
from spa_intake.domain.codes import Trigger
from spa_intake.domain.inputs import MovementIn

pytestmark = needs_examples
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def read(path: Path) -> MovementIn:
    message = read_message(path.read_bytes())
    hospital = "RCB" if message.get("MSH", 4) == "RCB" else "RJZ"
    return read_movement(message, hospital, NOW)


@pytest.mark.parametrize("path", files("hl7/*/*.hl7"), ids=lambda path: path.name)
def test_every_published_message_is_read(path: Path) -> None:
    message = read_message(path.read_bytes())
    event = event_of(message)
    answers = [answer.decode() for answer in acknowledgements(message, None, NOW).in_order]
    wants_none = message.get("MSH", 15) == message.get("MSH", 16) == "NE"
    assert [f"\rMSA|AA|{message.get('MSH', 10)}\r" in answer for answer in answers] == ([] if wants_none else [True])
    if event == MERGE:
        merges = read_merges(message, "RJZ", NOW)
        assert len(merges) == message.text.count("\rMRG|")
        assert all(merge.survivor.hospital_number != merge.retired.hospital_number for merge in merges)
        return
    movement = read(path)
    assert movement.trigger == event
    assert movement.person.hospital_number is not None


def test_the_nhs_admission() -> None:
    movement = read(EXAMPLES / "hl7/nhs-itk-v24/ITK-v24-A01.hl7")
    assert (movement.trigger, movement.hospital, movement.ward) == (Trigger.ADMIT, "RCB", "OBS1")
    assert (movement.admission_method, movement.admission_source) == ("13", "19")
    assert movement.occurred_at == datetime(2010, 10, 20, 16, 16, tzinfo=UTC)
    assert (movement.visit_number, movement.person.nhs_number) == ("2139", "3333333333")


def test_the_nhs_discharge() -> None:
    movement = read(EXAMPLES / "hl7/nhs-itk-v24/ITK-v24-A03.hl7")
    assert (movement.trigger, movement.ward, movement.visit_number) == (Trigger.DISCHARGE, "MATWRD", "11554")
    assert (movement.admission_method, movement.admission_source) == ("82", "79")
    assert (movement.discharge_destination, movement.discharge_method) == ("19", None)
    assert movement.admitted_at == datetime(2010, 3, 30, 10, 0, tzinfo=UTC)
    assert movement.occurred_at == datetime(2010, 3, 31, 16, 15, tzinfo=UTC)


def test_an_offset_in_the_message_is_honoured() -> None:
    movement = read(EXAMPLES / "hl7/ms-fhir-converter/ADT01-23.hl7")
    assert movement.admitted_at == datetime(2005, 1, 9, 21, 55, 2, tzinfo=UTC)


def test_american_codes_are_not_taken_for_nhs_ones() -> None:
    movement = read(EXAMPLES / "hl7/ms-fhir-converter/ADT-A03-01.hl7")
    assert (movement.admission_method, movement.discharge_destination, movement.discharge_method) == (None, None, None)
