"""The health page in a real browser: what the newcomer sees."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import Up, until, windvane

# As bare as it gets: nothing of the browser's own on the network.
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("up") / "data")
    yield running
    running.child.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the page is not looked at: pip install playwright")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("the page is not looked at: no chromium and no google-chrome on PATH")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(params=[(1280, "light"), (400, "dark")], ids=["wide and light", "narrow and dark"])
def page(browser: Any, up: Up, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page, loaded; nothing may go wrong in it."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened, wrong = context.new_page(), []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None)
    opened.goto(up.url)
    opened.wait_for_selector("#state.well")
    yield opened
    context.close()
    assert wrong == []


def send(up: Up, *events: dict[str, Any]) -> None:
    lines = "\n".join(map(json.dumps, events)).encode()
    with urllib.request.urlopen(f"{up.url}/v1/events", lines, timeout=30) as answer:
        assert json.load(answer)["accepted"] == len(events)


def test_before_the_first_event_it_says_so_and_how_to_send_one(page: Any, up: Up) -> None:
    assert f"{up.url}/v1/events" in page.locator("#services").inner_text()
    assert page.locator("#open").inner_text() == "No signal is open."
    assert page.locator("#changes").inner_text() == "No signal has fired yet."
    assert page.locator("#state").inner_text().startswith("Well: all that came in is scored and stored")


def test_what_people_wrote_is_text_and_never_markup(up: Up, page: Any) -> None:
    send(up, {"service": "<img src=x onerror=alert(1)>", "model": "<b>m</b>", "response": "hi", "latency": 0.25})
    page.wait_for_selector("#services table")
    assert "<img src=x onerror=alert(1)>" in page.locator("#services").inner_text()
    assert page.locator("#services img, #services b").count() == 0


def test_after_the_demo_it_shows_services_signals_and_books_with_units_rounded(browser: Any, tmp_path: Path) -> None:
    windvane("demo", "--dir", tmp_path / "data", "--port", 0, "--hours", 3, "--exit")
    demo = Up(tmp_path / "data")
    context = browser.new_context(viewport={"width": 400, "height": 900})
    page = context.new_page()
    page.goto(demo.url)
    page.wait_for_selector("#changes table")
    services = page.locator("#services").inner_text()
    assert all(name in services for name in ("support-chat", "code-assistant", "policy-search", "travel-agent"))
    assert " s" in services and " %" in services and "M" in services
    changes = page.locator("#changes").inner_text()
    assert re.search(r"latency \d\.\d+ s to \d|latency went up from \d\.\d+ s to \d", changes)
    assert page.locator("#changes .fired").count() > 0
    assert "yes" in page.locator("#ledger").inner_text() and "NO" not in page.locator("#ledger").inner_text()
    # No part of it is wider than the narrow window.
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    demo.child.kill()
    page.wait_for_selector("#state.ill", timeout=30_000)
    assert "windvane does not answer" in page.locator("#state").inner_text()
    context.close()


def test_its_facts_are_there_for_programs(up: Up) -> None:
    send(up, {"service": "facts", "model": "m", "response": "hi"})
    until(lambda: any(row["service"] == "facts" for row in facts(up)["services"]), "the call is counted")
    told = facts(up)
    assert told["health"]["ok"] is True
    assert told.keys() == {"health", "open", "services", "changes", "refusals", "ledger"}


def facts(up: Up) -> dict[str, Any]:
    with urllib.request.urlopen(f"{up.url}/v1/health.json", timeout=30) as answer:
        told: dict[str, Any] = json.load(answer)
    return told
