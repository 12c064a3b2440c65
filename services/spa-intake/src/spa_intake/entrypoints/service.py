"""What spa-intake is made of: its API, its worker, the staff interface and its read model."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from fastapi import APIRouter, FastAPI

from homeward_kit.database import Database
from homeward_kit.service import Runtime, Service
from spa_intake import read_model, ui
from spa_intake.adapters.signing import StaffTokens
from spa_intake.api import (
    acceptance_rules,
    adt_ops,
    duplicates,
    errors,
    fhir,
    fhir_reads,
    fhir_rest,
    hl7,
    keys,
    notes,
    people,
    referrals,
    subscriptions,
)
from spa_intake.entrypoints import look_alikes, worker
from spa_intake.entrypoints.adt_keeping import AdtKeeping
from spa_intake.entrypoints.mllp import MllpDoor, open_desk, place_of
from spa_intake.entrypoints.webhooks import Webhooks, guard_of
from spa_intake.settings import IntakeSettings

NAME = "spa-intake"
# in this order a request is matched: those that are sent most come first
ROUTERS: Sequence[APIRouter] = (
    referrals.router,
    fhir.router,
    notes.router,
    duplicates.router,
    people.router,
    acceptance_rules.router,
    subscriptions.router,
    keys.router,
    fhir_reads.router,
    fhir_rest.router,
    hl7.router,
    adt_ops.router,
    read_model.router,
)
# Bytes: a message may hold documents, a referral or a note is text.
BODY_LIMITS = {"/api/v1/": 256 * 1024, "/api/v1/hl7": 1024 * 1024, "/fhir/R4": 1024 * 1024}


def build() -> Service:
    """The service as its environment describes it."""
    settings = IntakeSettings()
    webhooks = Webhooks(settings)
    adt_keeping = AdtKeeping(settings.adt_message_days)
    interface = Interface(settings, webhooks, adt_keeping)
    return Service(
        name=NAME,
        package="spa_intake",
        settings=settings,
        routers=ROUTERS,
        handlers=worker.HANDLERS,
        timers=worker.TIMERS,
        refusals=errors.STATUSES,
        body_limits=BODY_LIMITS,
        configure_app=interface.configure,
        background=(interface.follow,),
        keepers=(_keep_read_model, interface.listen, webhooks.keep, adt_keeping.keep, look_alikes.keep),
    )


async def _keep_read_model(runtime: Runtime) -> None:
    await read_model.Keeper(runtime).run()


def prepare_api(app: FastAPI, settings: IntakeSettings) -> StaffTokens:
    """Give the routes what they need of the process."""
    tokens = StaffTokens(settings.ui_signing_key_file, settings.spa_intake_url)
    app.state.policy = worker.POLICY
    app.state.webhook_guard = guard_of(settings)
    app.webhooks.include_router(subscriptions.messages)
    app.state.staff_tokens = tokens
    return tokens


class Interface:
    """The staff interface, mounted after every route of the API, and its stream of changes."""

    def __init__(self, settings: IntakeSettings, webhooks: Webhooks, adt_keeping: AdtKeeping) -> None:
        self._settings = settings
        self._webhooks = webhooks
        self._adt_keeping = adt_keeping
        self._parts: ui.UiParts | None = None
        self._mllp: MllpDoor | None = None

    def configure(self, app: FastAPI, runtime: Runtime) -> None:
        tokens = prepare_api(app, self._settings)
        self._webhooks.configure(app)
        self._adt_keeping.configure(app)
        if runtime.role == "worker":
            return
        fhir.prepare(app, self._settings.homeward_assets)
        app.state.adt_desk = open_desk(self._settings, runtime.database, worker.POLICY)
        if self._settings.mllp_port is not None:
            self._mllp = MllpDoor(place_of(self._settings), app.state.adt_desk, app.state.rate_limits)
        self._parts = self._ui_parts(runtime.database, tokens)
        ui.mount(app, self._parts)

    async def follow(self, _runtime: Runtime) -> None:
        """Feed the pages that are open until the process stops."""
        if self._parts is not None:
            await ui.live_task(self._parts)

    async def listen(self, runtime: Runtime) -> None:
        """Take HL7 v2 messages over MLLP, where a port is set, until the process stops."""
        if self._mllp is not None:
            await self._mllp.keep(runtime)
        await runtime.stopping.wait()

    def _ui_parts(self, database: Database, tokens: StaffTokens) -> ui.UiParts:
        settings = self._settings
        return ui.UiParts(
            database=database,
            mint_token=partial(_mint, tokens.mint_staff_token),
            addresses={
                NAME: settings.spa_intake_url,
                "triage": settings.triage_url,
                "care-package": settings.care_package_url,
                "readmission-monitor": settings.readmission_monitor_url,
            },
            assets=settings.homeward_assets,
            secret=settings.session_secret.get_secret_value(),
            is_demo=settings.homeward_demo,
        )


def _mint(mint: Callable[..., str], subject: str, role: str, org: str, audience: str) -> str:
    """A token for a member of staff ("staff/<uuid>")."""
    return mint(audience, staff_id=UUID(subject.removeprefix("staff/")), role=role, org=org)
