"""The page in a real browser: what someone sees who is woken at night."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.dashboards.browsing import ARGUMENTS, chromium, grave, looking, settled
from tests.dashboards.conftest import Looked
from tests.dashboards.page_serving import WELL, Moody, serving
from tests.running import Up, until
from windvane.dashboards.board import Board, Column, Kind, Level, Link, Panel, Row, Threshold, Unit
from windvane.dashboards.boards import boards

HOSTILE: Final = "<img src=x onerror=alert(1)><b>bold</b><script>alert(2)</script>"
LONG: Final = "a long answer, " * 40
_IN_SQL: Final = f"'{HOSTILE}'"

OWN: Final = Board(
    uid="windvane-own",
    title="Own",
    question="Is it shown?",
    place=1,
    filters=("service", "user"),
    rows=(
        Row(
            "All kinds",
            (
                Panel(
                    title="How bad",
                    question="How bad is it?",
                    sql="SELECT 0.25 AS value",
                    kind=Kind.STAT,
                    unit=Unit.SHARE,
                    thresholds=(Threshold(0.05, Level.WARNING), Threshold(0.2, Level.BAD)),
                    todo="Look at the lines.",
                    width=6,
                    height=4,
                ),
                Panel(
                    title="Lines",
                    question="Since when?",
                    sql=f"SELECT toDateTime(toUnixTimestamp($__fromTime) + number * $__interval_s, 'UTC') AS time,"
                    f" {_IN_SQL} AS service, number / 4 AS value FROM numbers(20) ORDER BY time",
                    unit=Unit.SECONDS,
                    thresholds=(Threshold(3, Level.BAD),),
                    todo="Look at the table.",
                ),
                Panel(
                    title="Bars",
                    question="Which?",
                    sql=f"SELECT {_IN_SQL} AS name, 3 AS value UNION ALL SELECT 'other', 4",
                    kind=Kind.BARS,
                    unit=Unit.USD,
                    todo="Nothing.",
                ),
                Panel(
                    title="Table",
                    question="What was chosen?",
                    sql="SELECT toDateTime('2026-11-24 16:56:35', 'UTC') AS at,"
                    " arrayStringConcat([${service:singlequote}], ',') AS chosen,"
                    f" {_IN_SQL} AS hostile, '{LONG}' AS long, 0.25 AS took",
                    kind=Kind.TABLE,
                    columns=(
                        Column("at", "At", Unit.TIME),
                        Column("chosen", "Chosen"),
                        Column("hostile", "Hostile", link=Link("windvane-other", {"user": "hostile"})),
                        Column("long", "Long"),
                        Column("took", "Took", Unit.SECONDS),
                    ),
                    todo="Nothing.",
                ),
                Panel(
                    title="None",
                    question="Is there any?",
                    sql="SELECT 1 AS name, 2 AS value WHERE 1 = 0",
                    kind=Kind.BARS,
                    todo="Nothing.",
                    empty="There is none.",
                ),
            ),
        ),
    ),
)
OTHER: Final = Board(uid="windvane-other", title="Other", question="And then?", place=2, rows=(), filters=("user",))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the page is not looked at: pip install playwright")
    path = chromium()
    if path is None:
        pytest.skip("the page is not looked at: no chromium and no google-chrome on PATH")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def demo(demo_store: Looked) -> Iterator[Callable[[str], str]]:
    with serving(demo_store.reader) as url:
        times = f"?from={iso(demo_store.span.start_ms)}&to={iso(demo_store.span.end_ms)}"
        yield lambda uid: f"{url}/boards/{uid}{times}"


@pytest.mark.parametrize("uid", [board.uid for board in boards()])
def test_every_board_can_be_read_wide_and_narrow_and_by_machines_that_read_aloud(
    browser: Any, demo: Callable[[str], str], uid: str
) -> None:
    with looking(browser) as page:
        page.goto(demo(uid))
        settled(page)
        assert page.locator(".panel.failed").all_inner_texts() == []
        for width in (1400, 400):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert grave(page) == []


@pytest.fixture(scope="module")
def moody(empty_store: Looked) -> Iterator[Moody]:
    reader = Moody(empty_store.store.connections)
    yield reader
    reader.close()


@pytest.fixture
def health() -> dict[str, Any]:
    return dict(WELL)


@pytest.fixture
def url(moody: Moody, health: dict[str, Any]) -> Iterator[str]:
    moody.slow_s, moody.fails = 0.0, False
    with serving(moody, health, (OWN, OTHER)) as address:
        yield address


def refreshed(page: Any) -> bool:
    """Ask anew and wait for what comes: an answer may be shared for two seconds."""
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").click()
    page.wait_for_timeout(500)
    return True


def panel(page: Any, title: str) -> Any:
    return page.locator(".panel", has=page.locator("h3", has_text=re.compile(f"^{title}$")))


def test_every_kind_of_panel_can_be_read_wide_and_narrow_light_and_dark(browser: Any, url: str) -> None:
    with looking(browser) as page:
        page.goto(url)
        settled(page)
        # Colours depend on the scheme alone, and what is where on the width alone: two of the four are all.
        for width, scheme in ((1400, "light"), (400, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert grave(page) == []


def test_a_number_is_written_in_its_unit_with_a_word_for_how_bad_it_is_and_what_to_do(browser: Any, url: str) -> None:
    with looking(browser) as page:
        page.goto(url)
        settled(page)
        said = panel(page, "How bad").locator(".content p").all_inner_texts()
        assert said == ["25 %", "■ bad", "Look at the lines."]
        row = panel(page, "Table").locator("tbody tr").inner_text()
        assert "24 Nov" in row or "16:56:35" in row
        assert "250 ms" in row
        assert panel(page, "None").locator(".status").inner_text() == "There is none."
        assert "bad from 3 s" in panel(page, "Lines").inner_text()


def test_what_people_wrote_is_text_and_never_markup(browser: Any, url: str) -> None:
    with looking(browser) as page:
        page.goto(f"{url}/?service={HOSTILE}")
        settled(page)
        assert HOSTILE in panel(page, "Table").inner_text()
        assert page.locator("main img, main b, main script").count() == 0
        panel(page, "Table").get_by_role("link", name=HOSTILE).click()
        page.wait_for_function("() => document.querySelector('h1').textContent === 'Other'")
        assert page.locator("input[name=user]").input_value() == HOSTILE


def test_long_text_is_cut_and_opened_by_a_button(browser: Any, url: str) -> None:
    with looking(browser) as page:
        page.goto(url)
        settled(page)
        text, button = panel(page, "Table").locator(".long"), panel(page, "Table").get_by_role("button")
        cut = text.bounding_box()["height"]
        button.press("Enter")
        assert text.bounding_box()["height"] > 1.5 * cut and button.get_attribute("aria-expanded") == "true"


def test_all_of_it_is_reached_by_keyboard_and_a_chart_is_a_table_too(browser: Any, url: str) -> None:
    with looking(browser) as page:
        page.goto(url)
        settled(page)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the board"
        about = panel(page, "Lines").locator(".about > summary")
        about.press("Enter")
        assert "Since when?" in panel(page, "Lines").inner_text()
        assert "What to do: Look at the table." in panel(page, "Lines").inner_text()
        assert "newest 4.75 s" in panel(page, "Lines").locator(".plot").get_attribute("aria-label")
        panel(page, "Lines").get_by_text("As a table").press("Enter")
        assert "4.75 s" in panel(page, "Lines").locator("table").inner_text()


def test_the_address_says_what_is_shown_can_be_shared_and_back_goes_back(browser: Any, url: str) -> None:
    with looking(browser) as page:
        page.goto(f"{url}/boards/windvane-own?service=chat")
        settled(page)
        chosen = panel(page, "Table").locator("td[data-label=Chosen]")
        assert chosen.inner_text() == "chat"
        page.get_by_role("button", name="1 h", exact=True).click()
        assert "from=now-1h" in page.url and "service=chat" in page.url
        page.get_by_text("Service: chat").click()
        page.get_by_role("button", name="All", exact=True).click()
        page.wait_for_function("() => document.querySelector('td[data-label=Chosen]').textContent === '–'")
        assert "service" not in page.url and "from=now-1h" in page.url
        page.go_back()
        page.wait_for_function("() => document.querySelector('td[data-label=Chosen]').textContent === 'chat'")
        page.get_by_label("User").fill("user-7")
        page.get_by_label("User").press("Enter")
        page.wait_for_function("() => location.search.includes('user=user-7')")
        shared = page.url
        page.get_by_role("link", name="Other").click()
        page.wait_for_function("() => document.querySelector('h1').textContent === 'Other'")
        assert "from=now-1h" in page.url and "service=chat" in page.url
        page.go_back()
        page.wait_for_function("() => document.querySelector('h1').textContent === 'Own'")
        assert page.url == shared and page.get_by_label("User").input_value() == "user-7"
    with looking(browser) as page:
        page.goto(shared)
        settled(page)
        assert page.locator("td[data-label=Chosen]").inner_text() == "chat"
        assert page.get_by_role("button", name="1 h", exact=True).get_attribute("aria-pressed") == "true"


def test_it_refreshes_by_itself_where_the_range_ends_now_until_it_is_paused(browser: Any, url: str) -> None:
    with looking(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/panels/1" in request.url else None)
        page.clock.install()
        page.goto(f"{url}/?from=now-1h")
        until(
            lambda: page.evaluate("() => !document.querySelector('.panel[aria-busy=true]')") and len(asked) == 1,
            "asked",
        )
        page.clock.run_for(11_000)
        until(lambda: page.evaluate("1") and len(asked) == 2, "asked again")
        page.get_by_role("button", name="Pause").click()
        page.clock.run_for(60_000)
        assert len(asked) == 2
        page.goto(f"{url}/?from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z")
        page.wait_for_selector("td[data-label=Chosen]")
        page.clock.run_for(60_000)
        assert len(asked) == 3 and page.get_by_role("button", name="Pause").count() == 0


def test_while_the_store_is_slow_it_says_so_and_then_shows_what_came(browser: Any, url: str, moody: Moody) -> None:
    moody.slow_s = 1.0
    with looking(browser) as page:
        page.goto(url)
        page.wait_for_selector(".panel[aria-busy=true]")
        assert panel(page, "How bad").locator(".status").inner_text() == "Loading …"
        settled(page)
        assert "25 %" in panel(page, "How bad").inner_text()


def test_a_store_that_fails_is_told_in_each_panel_and_what_was_shown_stays(
    browser: Any, url: str, moody: Moody
) -> None:
    with looking(browser, may_fail=True) as page:
        page.goto(url)
        settled(page)
        moody.fails = True
        until(lambda: refreshed(page) and page.locator(".panel:not(.failed)").count() == 0, "every panel of it says so")
        told = panel(page, "How bad").inner_text()
        assert "What is shown is old. the store does not answer: it is being restarted" in told and "25 %" in told
        moody.fails = False
        until(lambda: refreshed(page) and page.locator(".panel.failed").count() == 0, "it recovers")


def test_one_line_says_how_the_pipeline_is(browser: Any, url: str, health: dict[str, Any]) -> None:
    with looking(browser) as page:
        page.goto(url)
        page.wait_for_selector("#state.well")
        assert (
            page.locator("#state").inner_text() == "Well: all that came in is scored and stored; 10 GiB of disk free."
        )
        health.update(ok=False, trouble="the disk is full")
        page.wait_for_selector("#state.ill", timeout=120_000)
        assert page.locator("#state").inner_text() == "Trouble: the disk is full"


def test_windvane_up_shows_how_to_send_the_first_event_and_then_what_came(browser: Any, tmp_path: Path) -> None:
    up = Up(tmp_path / "data")
    with looking(browser, width=400, may_fail=True) as page:
        page.goto(up.url)
        page.wait_for_selector("#state.well")
        page.wait_for_selector("#first")
        assert "No event yet." in page.locator("#notice").inner_text()
        command = re.search(r"curl -d '(.*)' (http\S+)", page.locator("#notice").inner_text())
        assert command is not None and command[2] == f"{up.url}/v1/events"
        with urllib.request.urlopen(command[2], command[1].encode(), timeout=30) as answer:
            assert json.load(answer)["accepted"] == 1
        page.wait_for_function("() => !document.getElementById('first')", timeout=120_000)
        page.get_by_text(re.compile("^Service: ")).click()
        page.get_by_role("checkbox", name="demo").check()
        up.child.kill()
        page.wait_for_selector("#state.ill", timeout=120_000)
        assert "windvane does not answer" in page.locator("#state").inner_text()


def test_events_of_another_time_are_found(browser: Any, demo: Callable[[str], str]) -> None:
    with looking(browser) as page:
        page.goto(demo(boards()[0].uid).partition("?")[0] + "?from=2020-01-01T00:00:00Z&to=2020-01-01T06:00:00Z")
        page.get_by_role("link", name="Show their last six hours").click()
        page.wait_for_function("() => !document.getElementById('outside')")
