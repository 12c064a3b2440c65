"""Keep watch over a person: take in what is new, work out the watches anew, tell what changed."""

from homeward_kit import audit, timers
from homeward_kit.database import Tx
from readmission_monitor.adapters.db.facts import load_facts, load_windows, save_facts
from readmission_monitor.adapters.db.watches import load_watches, save_watch
from readmission_monitor.adapters.events.telling import publish_change
from readmission_monitor.domain.facts import Fact, learn
from readmission_monitor.domain.reconcile import Change, reconcile
from readmission_monitor.domain.stay import PatientKey
from readmission_monitor.domain.watch import WatchState

WATCH_WINDOW = "watch_window"


async def keep_watch(tx: Tx, patient_key: PatientKey, fact: Fact | None = None) -> None:
    """With a fact: what it changes. Without: what time, or a word about two keys, changes. The person is locked."""
    known = await load_facts(tx, patient_key)
    facts = learn(known, fact) if fact else known
    await save_facts(tx, known, facts)
    watches = await load_watches(tx, patient_key)
    for change in reconcile(facts, watches, await load_windows(tx), tx.now):
        await _apply(tx, change)


async def _apply(tx: Tx, change: Change) -> None:
    watch = change.watch
    await save_watch(tx, watch)
    if watch.state is WatchState.OPEN:
        await timers.set_timer(tx, WATCH_WINDOW, watch.watch_id, key=watch.patient_key, due_at=watch.window_ends_at)
    else:
        await timers.cancel_timer(tx, WATCH_WINDOW, watch.watch_id)
    await publish_change(tx, change)
    await audit.record(
        tx, "keep_watch", f"watch/{watch.watch_id}", patient_key=watch.patient_key, outcome=watch.state.value
    )
