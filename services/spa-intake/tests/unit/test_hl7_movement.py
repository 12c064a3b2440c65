from datetime import UTC, date, datetime

import pytest
from door_builders import adt

from spa_intake.adapters.hl7.message import read_message
from spa_intake.adapters.hl7.movement import event_of, read_merges, read_movement, require_processing
from spa_intake.adapters.hl7.refusal import Acknowledgement, Hl7Refusal
from spa_intake.adapters.hl7.times import hl7_day, hl7_time
from spa_intake.domain.codes import Gender, Trigger, VerificationStatus
from spa_intake.domain.inputs import MovementIn

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def read(name: str = "a01-admission", /, **fields: str | None) -> MovementIn:
    message = read_message(adt(name, **fields))
    event_of(message)
    return read_movement(message, "RJZ", NOW)


def refused(**fields: str | None) -> Hl7Refusal:
    with pytest.raises(Hl7Refusal) as caught:
        read(**fields)
    return caught.value


def test_an_admission() -> None:
    movement = read()
    assert (movement.trigger, movement.control_id) == (Trigger.ADMIT, "HW-A01-0001")
    assert (movement.sending_system, movement.hospital, movement.ward) == ("WARDPAS|RJZ", "RJZ", "FARNBOROUGH")
    assert (movement.visit_number, movement.patient_class) == ("V2026112001", "I")
    assert movement.occurred_at == movement.admitted_at == datetime(2026, 11, 16, 14, 20, tzinfo=UTC)
    assert movement.sent_at == datetime(2026, 11, 16, 14, 25, tzinfo=UTC)
    assert (movement.admission_method, movement.admission_source) == ("21", "19")


def test_a_discharge_with_the_nhs_codes_where_nhs_feeds_put_them() -> None:
    movement = read("a03-discharge")
    assert movement.occurred_at == movement.discharged_at == datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    assert movement.admitted_at == datetime(2026, 11, 16, 14, 20, tzinfo=UTC)
    assert (movement.discharge_destination, movement.discharge_method) == ("19", "1")


def test_a_cancelled_discharge_happened_when_it_was_cancelled() -> None:
    movement = read("a13-cancel-discharge")
    assert (movement.trigger, movement.occurred_at) == (
        Trigger.CANCEL_DISCHARGE,
        datetime(2026, 11, 23, 16, 0, tzinfo=UTC),
    )


def test_the_person() -> None:
    person = read().person
    assert (person.hospital, person.hospital_number, person.nhs_number) == ("RJZ", "H7700121", "9990001219")
    assert person.verification_status is VerificationStatus.PRESENT_AND_VERIFIED
    assert (person.family_name, person.given_name, person.gender) == ("EXAMPLE", "EDITH", Gender.FEMALE)
    assert (person.born_on, person.address_lines, person.postcode) == (
        date(1941, 3, 9),
        ("1 SAMPLE ROAD", "BROMLEY"),
        "BR1 1AA",
    )
    assert (person.phone, person.gp_practice) == ("02079460121", "G84000")


@pytest.mark.parametrize(
    ("fields", "occurred_at"),
    [
        ({"PV1_44": ""}, datetime(2026, 11, 16, 14, 20, tzinfo=UTC)),
        ({"PV1_44": "", "EVN_6": "20261116130000"}, datetime(2026, 11, 16, 13, 0, tzinfo=UTC)),
        ({"PV1_44": "", "EVN_6": ""}, datetime(2026, 11, 16, 14, 25, tzinfo=UTC)),
        ({"PV1_44": "", "EVN": None}, datetime(2026, 11, 16, 14, 25, tzinfo=UTC)),
        ({"PV1_44": "", "EVN": None, "MSH_7": ""}, NOW),
    ],
)
def test_when_it_happened(fields: dict[str, str | None], occurred_at: datetime) -> None:
    assert read(**fields).occurred_at == occurred_at


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        ("19", ("19", None)),
        ("4", (None, "4")),
        ("01", (None, None)),
        ("Admitted as Inpatient^Sample^ACR", (None, None)),
    ],
)
def test_only_nhs_codes_count(field: str, codes: tuple[str | None, str | None]) -> None:
    movement = read("a03-discharge", PV1_36=field, PV1_37="")
    assert (movement.discharge_destination, movement.discharge_method) == codes
    assert read(PV1_4="E", PV1_14="ADM").admission_method is None


@pytest.mark.parametrize(
    ("identifiers", "numbers"),
    [
        ("H1^^^RJZ^MR~9990001219^^^NHS^NH", ("9990001219", "H1")),
        ("9990001219^^^NHS^NH~H1^^^RJZ^MR", ("9990001219", "H1")),
        ("H1^^^RJZ^MR", (None, "H1")),
        # the hospital knows the person by this number, verified or not
        ("3333333333^^^NHS", ("3333333333", "3333333333")),
        ("^^^NHS~", (None, None)),
        ("", (None, None)),
    ],
)
def test_identifiers(identifiers: str, numbers: tuple[str | None, str | None]) -> None:
    person = read(PID_3=identifiers).person
    assert (person.nhs_number, person.hospital_number) == numbers


@pytest.mark.parametrize(("said", "status"), [("01", "01"), ("02", "02"), ("ED", None), ("", None)])
def test_the_verification_status_is_pid_32(said: str, status: str | None) -> None:
    assert read(PID_32=said).person.verification_status == status


@pytest.mark.parametrize(
    ("fields", "death"),
    [
        ({}, (None, None)),
        ({"PID_30": "N"}, (False, None)),
        ({"PID_30": "Y"}, (True, None)),
        ({"PID_29": "20261122", "PID_30": "Y"}, (True, datetime(2026, 11, 22, tzinfo=UTC))),
        ({"PID_29": "20261122"}, (True, datetime(2026, 11, 22, tzinfo=UTC))),
        ({"PID_29": "20261122", "PID_30": "N"}, (False, datetime(2026, 11, 22, tzinfo=UTC))),
        ({"PID_29": '""', "PID_30": '""'}, (False, None)),  # the death is deleted
    ],
)
def test_deaths(fields: dict[str, str], death: tuple[bool | None, datetime | None]) -> None:
    movement = read(**fields)
    assert (movement.is_dead, movement.died_at) == death


def test_the_ward_is_the_room_where_the_organisation_comes_first() -> None:
    assert read(PV1_3="RJZ^MATWRD^BED3^RJZ01").ward == "MATWRD"
    assert read(PV1_3="RJZ").ward == "RJZ"


@pytest.mark.parametrize(
    ("fields", "acknowledgement", "location"),
    [
        ({"MSH_9": "ORU^R01"}, "AR", "MSH-9.1"),
        ({"MSH_9": ""}, "AR", "MSH-9.1"),
        ({"MSH_9": "ADT^01"}, "AR", "MSH-9.2"),
        ({"MSH_9": "ADT"}, "AR", "MSH-9.2"),
        ({"MSH_10": ""}, "AR", "MSH-10"),
        ({"MSH_10": "9" * 200}, "AR", "MSH-10"),
        ({"PID": None}, "AE", "PID"),
        ({"PV1": None}, "AE", "PV1"),
    ],
)
def test_what_cannot_be_taken(fields: dict[str, str | None], acknowledgement: str, location: str) -> None:
    refusal = refused(**fields)
    assert (refusal.acknowledgement, refusal.location) == (Acknowledgement(acknowledgement), location)


def test_evn_1_does_not_route() -> None:
    assert read(EVN_1="A40").trigger is Trigger.ADMIT


@pytest.mark.parametrize("trigger", ["A05", "A28", "A31"])
def test_messages_about_the_person_alone_need_no_stay(trigger: str) -> None:
    assert read(MSH_9=f"ADT^{trigger}", PV1=None).visit_number is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20260715120000", datetime(2026, 7, 15, 11, 0, tzinfo=UTC)),  # summer time
        ("20260115120000", datetime(2026, 1, 15, 12, 0, tzinfo=UTC)),
        ("202601151230", datetime(2026, 1, 15, 12, 30, tzinfo=UTC)),
        ("2026011512", datetime(2026, 1, 15, 12, 0, tzinfo=UTC)),
        ("20260115", datetime(2026, 1, 15, 0, 0, tzinfo=UTC)),
        ("20260115120000.1234+0215", datetime(2026, 1, 15, 9, 45, 0, 123_400, tzinfo=UTC)),
        ("202607151200-0500", datetime(2026, 7, 15, 17, 0, tzinfo=UTC)),
        ("20260115240000", datetime(2026, 1, 16, 0, 0, tzinfo=UTC)),
        ("202601152400", datetime(2026, 1, 16, 0, 0, tzinfo=UTC)),
        ("20261025013000", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # happens twice: its first
        ("20260329013000", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # does not happen
        ("20260115120060", datetime(2026, 1, 15, 12, 0, 59, tzinfo=UTC)),
        ("2026", None),
        ("20261315", None),
        ("20260115250000", None),
        ("20260115120000+9900", None),
        ("00010101000000+1400", None),
        ("99991231", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_local_unless_they_say_otherwise(text: str | None, moment: datetime | None) -> None:
    assert hl7_time(text) == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("19411309", None),
        ("194113091212", None),
        ("19410309", date(1941, 3, 9)),
        ("19410715000000+0100", date(1941, 7, 15)),
        ("1941", None),
    ],
)
def test_a_birth_date_is_the_day_as_written(text: str, day: date | None) -> None:
    assert hl7_day(text) == day


@pytest.mark.parametrize(("said", "wanted"), [("P", "P"), ("", "P"), ("p^R", "P"), ("T", "TD"), ("D^A", "TD")])
def test_what_a_message_is_for_decides_where_it_is_taken(said: str, wanted: str) -> None:
    require_processing(read_message(adt(MSH_11=said)), frozenset(wanted))


@pytest.mark.parametrize(("said", "wanted"), [("T", "P"), ("D", "P"), ("X", "P"), ("P", "TD"), ("", "TD")])
def test_what_is_for_training_is_not_taken_for_care(said: str, wanted: str) -> None:
    with pytest.raises(Hl7Refusal) as refusal:
        require_processing(read_message(adt(MSH_11=said)), frozenset(wanted))
    assert (refusal.value.acknowledgement, refusal.value.condition, refusal.value.location) == ("AR", "202", "MSH-11")


@pytest.mark.parametrize(
    ("said", "sent_at"),
    [
        ("20261124115900+0000", datetime(2026, 11, 24, 11, 59, tzinfo=UTC)),
        ("20261125115900+0000", datetime(2026, 11, 25, 11, 59, tzinfo=UTC)),
        ("20261125120000+0000", NOW),
        ("20991231", NOW),
        ("", NOW),
    ],
)
def test_a_clock_that_is_far_ahead_does_not_count(said: str, sent_at: datetime) -> None:
    assert read(MSH_7=said).sent_at == sent_at
    merge = MERGES.replace(read_message(MERGES).get("MSH", 7).encode(), said.encode(), 1)  # type: ignore[union-attr]
    assert read_merges(read_message(merge), "RJZ", NOW)[0].sent_at == sent_at


def test_how_the_sender_counts_its_messages() -> None:
    assert read(MSH_13="41").sequence == 41
    assert read(MSH_13="-1").sequence is None
    assert read().sequence is None


MERGES = adt(MSH_9="ADT^A40^ADT_A39", PV1=None) + b"MRG|H2^^^RJZ^MR~9990001200^^^NHS^NH\r"


def test_a_merge_names_the_number_that_stays_and_the_one_that_goes() -> None:
    (merge,) = read_merges(read_message(MERGES), "RJZ", NOW)
    assert (merge.hospital, merge.sent_at) == ("RJZ", datetime(2026, 11, 16, 14, 25, tzinfo=UTC))
    assert (merge.survivor.hospital_number, merge.survivor.nhs_number) == ("H7700121", "9990001219")
    assert (merge.retired.hospital_number, merge.retired.nhs_number) == ("H2", "9990001200")
    assert merge.survivor.family_name == "EXAMPLE"


def test_one_message_may_tell_of_several_merges() -> None:
    body = MERGES + b"PID|2||H3^^^RJZ^MR\rMRG|H4^^^RJZ^MR\r"
    numbers = [
        (m.survivor.hospital_number, m.retired.hospital_number) for m in read_merges(read_message(body), "RJZ", NOW)
    ]
    assert numbers == [("H7700121", "H2"), ("H3", "H4")]


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (MERGES.replace(b"MRG", b"ZMR"), "MRG"),
        (MERGES.replace(b"PID", b"ZID"), "PID"),
        (MERGES + b"PID|2||H3\r", "MRG"),
    ],
)
def test_a_merge_that_does_not_say_whose(body: bytes, location: str) -> None:
    with pytest.raises(Hl7Refusal) as caught:
        read_merges(read_message(body), "RJZ", NOW)
    assert (caught.value.acknowledgement, caught.value.location) == (Acknowledgement.ERROR, location)
