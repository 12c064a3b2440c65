"""The facts of a person, loaded together and saved as they are learnt."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Table, select
from sqlalchemy.dialects.postgresql import insert

from homeward_kit import aliases
from homeward_kit.database import Tx
from triage.adapters.db.tables import package_facts, person_facts, referral_facts, stay_facts
from triage.domain.facts import (
    CodedFacts,
    JourneyFacts,
    News,
    PackageFacts,
    PackageNews,
    PersonFacts,
    ReferralFacts,
    ReferralNews,
    ReferralState,
    StayFacts,
    learn_package,
    learn_person,
    learn_referral,
    learn_stay,
)

_DAYS = ("expected_discharge_on", "discharge_ready_on")


async def learn(tx: Tx, news: News) -> None:
    """Take in one piece of news; what is older than what is known changes nothing."""
    match news:
        case ReferralNews():
            known = await _one(tx, referral_facts, news.referral_id)
            referral = learn_referral(_referral(known) if known else None, news)
            await _put(tx, referral_facts, _referral_row(referral))
        case StayFacts():
            known = await _one(tx, stay_facts, news.stay_id)
            await _put(tx, stay_facts, asdict(learn_stay(StayFacts(**known) if known else None, news)))
        case PersonFacts():
            known = await _one(tx, person_facts, news.patient_key)
            await _put(tx, person_facts, asdict(learn_person(PersonFacts(**known) if known else None, news)))
        case PackageNews():
            known = await _one(tx, package_facts, news.package_id)
            await _put(tx, package_facts, _package_row(learn_package(_package(known) if known else None, news)))


async def load_journeys(tx: Tx, patient_key: UUID) -> list[JourneyFacts]:
    """Everything known about each referral of a person, under whichever of their keys, in a fixed order."""
    keys = await aliases.keys_of(tx, patient_key)
    query = select(referral_facts).where(referral_facts.c.patient_key.in_(keys))
    rows = (await tx.execute(query.order_by(referral_facts.c.referral_id))).mappings().all()
    return [await _journey(tx, _referral(row)) for row in rows]


async def load_journey(tx: Tx, referral_id: UUID) -> JourneyFacts:
    """Everything known about one referral, which must be known."""
    row = await _one(tx, referral_facts, referral_id)
    if row is None:
        raise LookupError("referral_facts")
    return await _journey(tx, _referral(row))


async def _journey(tx: Tx, referral: ReferralFacts) -> JourneyFacts:
    stay = await _one(tx, stay_facts, referral.stay_id) if referral.stay_id else None
    person = await _one(tx, person_facts, referral.patient_key)
    query = select(package_facts).where(package_facts.c.referral_id == referral.referral_id)
    packages = (await tx.execute(query.order_by(package_facts.c.package_id))).mappings().all()
    return JourneyFacts(
        referral=referral,
        stay=StayFacts(**stay) if stay else None,
        person=PersonFacts(**person) if person else None,
        packages=tuple(_package(row) for row in packages),
    )


async def _one(tx: Tx, table: Table, key: UUID) -> RowMapping | None:
    query = select(table).where(table.primary_key.columns[0] == key)
    return (await tx.execute(query)).mappings().one_or_none()


async def _put(tx: Tx, table: Table, row: dict[str, Any]) -> None:  # Any: values of a row
    statement = insert(table).values(row)
    keys = {column.name for column in table.primary_key}
    # a link may bring a stay of a key whose lock is not held: the newest of two written at once stays
    is_newer = table.c.revision < statement.excluded.revision if table is stay_facts else None
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=sorted(keys),
            set_={name: statement.excluded[name] for name in row if name not in keys},
            where=is_newer,
        )
    )


def _referral_row(facts: ReferralFacts) -> dict[str, Any]:  # Any: as above
    coded = asdict(facts.coded) if facts.coded else None
    if coded is not None:
        coded |= {name: day.isoformat() for name in _DAYS if (day := coded[name])}
    row = asdict(facts) | {"coded": coded, "state": facts.state.value}
    return row | {name: list(row[name]) for name in ("missing", "criteria_to_reside")}


def _referral(row: RowMapping) -> ReferralFacts:
    lists = {name: tuple(row[name]) for name in ("missing", "criteria_to_reside")}
    coded = _coded(row["coded"]) if row["coded"] else None
    return ReferralFacts(**{**row, **lists, "coded": coded, "state": ReferralState(row["state"])})


def _coded(stored: dict[str, Any]) -> CodedFacts:  # Any: JSON
    days = {name: date.fromisoformat(day) for name in _DAYS if (day := stored.get(name))}
    lists = {name: tuple(stored[name]) for name in ("needs", "criteria_to_reside")}
    return CodedFacts(**{**stored, **lists, **days})


def _package_row(facts: PackageFacts) -> dict[str, Any]:  # Any: as above
    lines = {str(line_id): state for line_id, state in facts.lines.items()}
    return {**vars(facts), "lines": lines, "handed_back": sorted(facts.handed_back)}


def _package(row: RowMapping) -> PackageFacts:
    lines = {UUID(line_id): state for line_id, state in row["lines"].items()}
    return PackageFacts(**{**row, "lines": lines, "handed_back": frozenset(row["handed_back"])})
