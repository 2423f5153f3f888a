"""Debian's Chromium, headless and without a network, driven by Playwright; and axe-core, which knows the rules of WCAG."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, sync_playwright

from tests.waiting import LONGEST

# Chromium's own errands, and every name but this machine's.
OPTIONS = (
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
MILLISECONDS = LONGEST * 1000
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIND = "rules => axe.run(document, {resultTypes: ['violations'], runOnly: rules})"


@contextmanager
def pages() -> Iterator:
    """Opens pages: width, colour scheme -> Page. Skips with a sentence where there is no Chromium."""
    program = shutil.which("chromium")
    if not program:
        pytest.skip("Chromium is not installed (Debian's package chromium), so nobody looked at the pages in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS, chromium_sandbox=False, timeout=MILLISECONDS)

        def opened(width: int, scheme: str = "light") -> Page:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
            page.set_default_timeout(MILLISECONDS)
            return page

        try:
            yield opened
        finally:
            browser.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds of WCAG 2.2 A and AA and of its best practices: rule and element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(FIND, RULES)["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]
