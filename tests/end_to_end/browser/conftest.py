"""A real Chromium, each test with people of its own; every page that is looked at is checked by axe."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from homeward_local.assets import ensure_assets

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = f"axe.run(document, {{runOnly: {json.dumps(RULES)}}})"
WAIT_MS = 15_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            item.add_marker("stack")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without one these tests are left out, except where HOMEWARD_REQUIRE_BROWSER=1.

    Its library keeps an event loop running: one for each module, so that tests with loops of their own can follow.
    """
    if which(CHROMIUM) is None:
        message = f"no Chromium at {CHROMIUM}: the browser tests did not run (apt-get install chromium)"
        if os.environ.get("HOMEWARD_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Checker:
    """Runs axe on what a page shows. Nothing runs where JavaScript is off, so a copy without scripts is checked."""

    def __init__(self, browser: Browser, source: str) -> None:
        self._source = source
        self._copy = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()

    def violations(self, page: Page) -> list[str]:
        page.wait_for_load_state("domcontentloaded")  # a click may have just begun to open it
        html = re.sub(r"<script.*?</script>", "", page.content(), flags=re.DOTALL)
        self._copy.route(page.url, lambda route: route.fulfill(body=html, content_type="text/html"))
        self._copy.goto(page.url)
        self._copy.unroute(page.url)
        self._copy.evaluate(self._source)
        report: dict[str, Any] = self._copy.evaluate(RUN)  # Any: axe's own report
        return [
            f"{violation['id']}: {violation['help']} at {[node['target'] for node in violation['nodes']]}"
            for violation in report["violations"]
        ]


@pytest.fixture(scope="module")
def checker(browser: Browser) -> Checker:
    return Checker(browser, (ensure_assets(print) / "test" / "axe.min.js").read_text())


class Person:
    """A member of staff at a browser of their own."""

    def __init__(self, context: BrowserContext, address: str, checker: Checker) -> None:
        self._checker = checker
        self.address = address
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)

    def sign_in(self, role: str) -> None:
        self.page.goto(f"{self.address}/sign-in")
        self.check()
        self.page.get_by_role("button", name=f"Sign in as {role}", exact=True).click()
        self.page.wait_for_url("**/worklist")

    def open(self, referral_id: str) -> None:
        self.page.goto(f"{self.address}/referrals/{referral_id}")

    def press(self, name: str) -> None:
        """A button, or a link that looks like one; each of them opens a page, which is there when this ends."""
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self._do(self.page.get_by_role("button", name=name, exact=True).first.click)

    def tick(self, label: str) -> None:
        """A checkbox or a radio button."""
        self._do(self.page.get_by_label(label).check)

    def see(self, text: str) -> None:
        self._do(self.page.get_by_text(text).first.wait_for)

    def _do(self, step: Callable[[], None]) -> None:
        try:
            step()
        except PlaywrightTimeout as error:
            raise AssertionError(f"{error}\n{self.page.url} says: {self.page.inner_text('main')}") from error

    def reload_until(self, text: str) -> None:
        """The page as it is once something has reached it; without JavaScript nothing comes by itself."""
        for _ in range(60):
            if self.page.get_by_text(text).count():
                return
            self.page.wait_for_timeout(500)
            self.page.reload()
        raise AssertionError(f"waited in vain for {text!r}; the page says {self.page.inner_text('main')}")

    def check(self) -> None:
        """No violation of WCAG 2.2 AA or of axe's good practice on this page."""
        wrong = self._checker.violations(self.page)
        assert wrong == [], f"{self.page.url}: {wrong}"


@pytest.fixture
def staff(browser: Browser, stack: Any, checker: Checker) -> Iterator[Callable[..., Person]]:  # Any: tests/end_to_end
    """Open a browser for a member of staff, with or without JavaScript."""
    opened: list[BrowserContext] = []

    def make(*, javascript: bool = True, width: int = 1280) -> Person:
        context = browser.new_context(java_script_enabled=javascript, viewport={"width": width, "height": 900})
        opened.append(context)
        return Person(context, stack.client.services["spa-intake"], checker)

    yield make
    for context in opened:
        context.close()
