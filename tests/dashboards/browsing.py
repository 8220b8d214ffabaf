"""A real browser, and how tests look at the page with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

__all__ = ["ARGUMENTS", "chromium", "grave", "looking", "settled"]

# As bare as it gets: nothing of the browser's own on the network.
ARGUMENTS: Final = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()


def chromium() -> str | None:
    """Return the path of the browser, if there is one."""
    return shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def looking(browser: Any, *, width: int = 1400, may_fail: bool = False) -> Iterator[Any]:
    """A page in a window; nothing may go wrong in it, and it asks this machine alone."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light")
    page, wrong, asked = context.new_page(), [], []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None)
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert may_fail or wrong == []
    assert [url for url in asked if not url.startswith("http://127.0.0.1:")] == []


def settled(page: Any) -> None:
    """Wait until every panel has been seen and has its answer."""
    page.wait_for_selector(".panel")
    for panel in page.locator(".panel").all():
        panel.scroll_into_view_if_needed()
    page.wait_for_function("() => !document.querySelector('.panel[aria-busy=true]')", timeout=120_000)
    drawn = "() => [...document.querySelectorAll('.plot')].every(plot => plot.querySelector('.main-svg'))"
    page.wait_for_function(drawn, timeout=120_000)


def grave(page: Any) -> list[str]:
    """Return what axe finds serious or critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
