"""Watches as aggregates: loaded by person, saved by version."""

from typing import Any

from homeward_kit import aliases
from homeward_kit.database import Tx
from readmission_monitor.domain.readmission import Readmission
from readmission_monitor.domain.stay import PatientKey, StayId
from readmission_monitor.domain.watch import VoidReason, Watch, WatchState

_SAVE = """
INSERT INTO watches (watch_id, stay_id, patient_key, referral_id, state, discharged_at, window_ends_at,
                     readmission_stay_id, readmitted_at, readmission_method, days_since_discharge,
                     ended_at, void_reason, version)
VALUES (:watch_id, :stay_id, :patient_key, :referral_id, :state, :discharged_at, :window_ends_at,
        :readmission_stay_id, :readmitted_at, :readmission_method, :days_since_discharge,
        :ended_at, :void_reason, :version)
ON CONFLICT (watch_id) DO UPDATE
SET referral_id = excluded.referral_id, state = excluded.state, discharged_at = excluded.discharged_at,
    window_ends_at = excluded.window_ends_at, readmission_stay_id = excluded.readmission_stay_id,
    readmitted_at = excluded.readmitted_at, readmission_method = excluded.readmission_method,
    days_since_discharge = excluded.days_since_discharge, ended_at = excluded.ended_at,
    void_reason = excluded.void_reason, version = excluded.version
WHERE watches.version < excluded.version
"""


class StaleWatchError(Exception):
    """Somebody saved this watch since it was loaded: the person's lock was not held."""


async def load_watches(tx: Tx, patient_key: PatientKey) -> dict[StayId, Watch]:
    """Every watch of a person, void ones too, by the stay each belongs to."""
    keys = await aliases.keys_of(tx, patient_key)
    rows = await tx.execute("SELECT * FROM watches WHERE patient_key = ANY(:keys)", {"keys": list(keys)})
    watches = [_watch(row) for row in rows]
    return {watch.stay_id: watch for watch in watches}


async def save_watch(tx: Tx, watch: Watch) -> None:
    """Insert or update; raises StaleWatchError unless the version is higher than the stored one."""
    readmission = watch.readmission
    saved = await tx.execute(
        _SAVE,
        {
            "watch_id": watch.watch_id,
            "stay_id": watch.stay_id,
            "patient_key": watch.patient_key,
            "referral_id": watch.referral_id,
            "state": watch.state,
            "discharged_at": watch.discharged_at,
            "window_ends_at": watch.window_ends_at,
            "readmission_stay_id": readmission and readmission.stay_id,
            "readmitted_at": readmission and readmission.admitted_at,
            "readmission_method": readmission and readmission.admission_method,
            "days_since_discharge": readmission and readmission.days_since_discharge,
            "ended_at": watch.ended_at,
            "void_reason": watch.void_reason,
            "version": watch.version,
        },
    )
    if saved.rowcount != 1:
        raise StaleWatchError


def _watch(row: Any) -> Watch:  # Any: a row has its columns as attributes
    readmission = None
    if row.readmission_stay_id is not None:
        readmission = Readmission(
            row.readmission_stay_id, row.readmitted_at, row.readmission_method, row.days_since_discharge
        )
    return Watch(
        watch_id=row.watch_id,
        stay_id=row.stay_id,
        patient_key=row.patient_key,
        referral_id=row.referral_id,
        state=WatchState(row.state),
        discharged_at=row.discharged_at,
        window_ends_at=row.window_ends_at,
        readmission=readmission,
        ended_at=row.ended_at,
        void_reason=VoidReason(row.void_reason) if row.void_reason else None,
        version=row.version,
    )
