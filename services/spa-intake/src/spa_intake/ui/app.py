"""The staff interface as a second FastAPI app inside spa-intake, mounted below everything the API does not answer."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.routing import Match, Mount
from starlette.types import Scope

from . import problems
from .context import Ui
from .owners import Owners
from .pages import do, duplicates, live, record, rules, sign_in, subscriptions, worklist
from .parts import UiParts
from .security import FormTokens, SecurityHeaders
from .templating import make_environment
from .waiting import Waiting

# programs call these: what is not there, or is asked for by another method, is told in their form and not as a page
PROGRAMS = ("/api/", "/fhir/", "/ops/", "/health/", "/.well-known/")


class Pages(Mount):
    """Every address but those of programs."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.NONE, {}) if scope["path"].startswith(PROGRAMS) else super().matches(scope)


class AssetsMissingError(Exception):
    """The CSS and JavaScript are not built; the message says how."""


def make_app(parts: UiParts) -> FastAPI:
    """The interface's own application."""
    if parts.assets is None or not (parts.assets / "static").is_dir():
        raise AssetsMissingError("The interface's assets are not built: run `make assets`, or set HOMEWARD_ASSETS.")
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    templates = make_environment(parts.assets, is_demo=parts.is_demo)
    owners = Owners(parts)
    app.state.ui = Ui(parts, owners, templates, FormTokens(parts.secret), Waiting(owners))
    app.add_middleware(SecurityHeaders)
    app.mount("/assets", StaticFiles(directory=parts.assets / "static"))
    for router in (
        sign_in.router,
        worklist.router,
        live.router,
        record.router,
        do.router,
        duplicates.router,
        rules.router,
        subscriptions.router,
    ):
        app.include_router(router)
    problems.install(app)
    return app


def mount(app: FastAPI, parts: UiParts) -> None:
    """Mount the interface; to be called after every route of the API is there."""
    app.router.redirect_slashes = False  # it would lead a program, with its token, to http behind a proxy
    app.router.routes.append(Pages("/", app=make_app(parts)))


async def live_task(parts: UiParts) -> None:
    """Follow the read model's changes for the open pages, until cancelled."""
    await parts.live.run()
