"""The page's routes, as a program asks them."""

from __future__ import annotations

import gzip
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from urllib.parse import quote

import pytest

from tests.dashboards.conftest import Looked
from tests.dashboards.page_serving import Moody, get, serving
from tests.running import until
from windvane.dashboards.board import FILTERS, Board, Kind, Panel, Row
from windvane.dashboards.boards import boards
from windvane.dashboards.page.asked import bucket_s

OWN = Board(
    uid="windvane-own",
    title="Own",
    question="Does it answer?",
    place=1,
    filters=("service", "call"),
    rows=(
        Row(
            "All",
            (
                Panel(
                    title="What was asked",
                    question="What was asked?",
                    sql="SELECT toUnixTimestamp($__fromTime) AS begin, toUnixTimestamp($__toTime) AS end,"
                    " $__interval_s AS bucket, array(${service:singlequote}) AS services, ${call:singlequote} AS call",
                    kind=Kind.TABLE,
                    todo="Nothing.",
                ),
                Panel(title="Wrong", question="?", sql="SELECT nothing FROM nowhere", kind=Kind.STAT, todo="Mend it."),
            ),
        ),
    ),
)
HOSTILE = "it's \\ \" <b> ${model:singlequote} $__toTime"


@pytest.fixture(scope="module")
def reader(empty_store: Looked) -> Iterator[Moody]:
    made = Moody(empty_store.store.connections)
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(reader: Moody) -> Iterator[str]:
    with serving(reader, shown=(OWN, *boards())) as address:
        yield address


def test_boards_are_listed_and_described_with_what_they_ask_and_what_to_do(url: str) -> None:
    status, listed = get(f"{url}/v1/boards")
    assert status == 200 and [board["uid"] for board in listed] == [OWN.uid, *(board.uid for board in boards())]
    _, told = get(f"{url}/v1/boards/{OWN.uid}")
    panel = told["rows"][0]["panels"][0]
    assert (panel["number"], panel["title"], panel["todo"]) == (1, "What was asked", "Nothing.")
    assert told["filters"] == [{"name": "service", "chosen": True}, {"name": "call", "chosen": False}]


def asked(url: str, query: str) -> dict[str, object]:
    status, answer = get(f"{url}/v1/boards/{OWN.uid}/panels/1?{query}")
    assert status == 200, answer
    return {column["name"]: column["values"][0] for column in answer["columns"]}


@pytest.mark.parametrize(
    "query", ["from=1795561200000&to=1795582800000", "from=2026-11-24T23:00:00&to=2026-11-25T05:00:00%2B00:00"]
)
def test_a_range_is_given_in_milliseconds_or_iso_and_its_first_bucket_is_whole(url: str, query: str) -> None:
    found = asked(url, query + "&width=400")
    assert (found["begin"], found["end"], found["bucket"]) == (1795561200, 1795582800, 300)


def test_without_a_range_it_is_the_last_six_hours(url: str) -> None:
    found = asked(url, "")
    assert 6 * 3600 <= int(str(found["end"])) - int(str(found["begin"])) <= 6 * 3600 + 300


def test_a_repeated_filter_is_a_list_and_values_stay_values_whatever_is_in_them(url: str) -> None:
    found = asked(url, f"service=a&service={quote(HOSTILE)}&call={quote(HOSTILE)}")
    assert found["services"] == ["a", HOSTILE] and found["call"] == HOSTILE


def test_no_range_has_more_than_300_buckets_up_to_300_days() -> None:
    for days in (0.01, 0.25, 1, 7, 30, 90, 300):
        assert days * 86400 / bucket_s(days * 86400, 10_000) <= 300


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1/boards/none", 404, "there is no such board; there are windvane-own"),
        ("/v1/boards/windvane-own/panels/3", 404, "has no panel '3': they are 1 to 2"),
        ("/v1/boards/windvane-own/panels/1?from=yesterday", 400, "'yesterday', which is no time: give now"),
        ("/v1/boards/windvane-own/panels/1?from=now&to=now-1h", 400, "from is not before to: exchange them"),
        ("/v1/boards/windvane-own/panels/1?from=99999999999999", 400, "out of range: give a time from 1970"),
        ("/v1/boards/windvane-own/panels/1?width=wide", 400, "width is 'wide': give the pixels"),
        ("/v1/boards/windvane-own/panels/1?model=m", 400, "'model' is no parameter of this board: it has from, to"),
        ("/v1/boards/windvane-own/panels/1?" + "service=a&" * 101, 400, "101 values of service: choose at most 100"),
        ("/v1/boards/windvane-own/panels/1?service=" + "a" * 1001, 400, "has 1001 characters: give at most 1000"),
        ("/v1/boards/windvane-own/panels/2", 500, "the store refused"),
        ("/v1/filters/call", 404, "no filter that is chosen from a list: those are service, model, signal"),
        ("/v1/filters/service?from=x", 400, "which is no time"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_fact_and_the_remedy(
    url: str, path: str, status: int, words: str
) -> None:
    got, answer = get(url + path)
    assert (got, words in answer["error"]) == (status, True), answer


def test_every_filter_that_is_chosen_can_be_listed_over_an_empty_store(url: str) -> None:
    for name in (name for name, sql in FILTERS.items() if sql):
        status, answer = get(f"{url}/v1/filters/{name}")
        assert status == 200 and all(column["values"] == [] for column in answer["columns"])


def test_the_same_question_within_a_moment_is_asked_once(url: str, reader: Moody) -> None:
    before, reader.slow_s = reader.asked, 0.2
    path = f"{url}/v1/boards/{OWN.uid}/panels/1?from=0&to=1000000000000&call=shared"
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(get(path)[0])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    reader.slow_s = 0
    assert found == [200] * 6 and reader.asked == before + 1


def test_a_failure_is_told_with_503_and_not_remembered(url: str, reader: Moody) -> None:
    path = f"{url}/v1/boards/{OWN.uid}/panels/1?from=0&to=1000000000000&call=failing"
    reader.fails = True
    status, answer = get(path)
    reader.fails = False
    assert status == 503 and "is being restarted" in answer["error"]
    assert get(path)[0] == 200


def test_what_nobody_waits_for_any_more_is_not_asked(url: str, reader: Moody) -> None:
    reader.slow_s, before = 1.0, reader.asked
    path = f"{url}/v1/boards/{OWN.uid}/panels/1?from=0&to=1000000000000&call="
    held = [threading.Thread(target=get, args=(f"{path}held{number}",)) for number in range(2)]
    for thread in held:
        thread.start()
    until(lambda: reader.asked == before + 2, "both turns are taken")
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(f"{path}left", timeout=0.2)
    for thread in held:
        thread.join(60)
    reader.slow_s = 0
    get(f"{path}after")
    assert reader.asked == before + 3


def fetch(url: str, **headers: str) -> tuple[int, Message, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_files_are_compressed_kept_for_ever_and_not_sent_twice(url: str) -> None:
    _, headers, shell = fetch(url)
    assert headers["Cache-Control"] == "no-cache"
    addresses = re.findall(r'(?:href|src|data-plotly)="(/static/[^"]+)"', shell.decode())
    assert len(addresses) > 10
    for address in set(addresses):
        status, headers, body = fetch(url + address, **{"Accept-Encoding": "gzip"})
        assert status == 200 and "immutable" in headers["Cache-Control"] and headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(body) == fetch(url + address)[2]
        assert fetch(url + address, **{"If-None-Match": headers["ETag"]})[::2] == (304, b"")


def test_the_policy_lets_nothing_in_from_outside_and_no_script_in_the_page(url: str) -> None:
    _, headers, shell = fetch(f"{url}/boards/{OWN.uid}")
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'" and policy["script-src"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"] and "http" not in headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", shell.decode())
