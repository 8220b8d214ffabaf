"""`windvane score`: one JSON line per event, in order, with all it was given; changes of state in a second file."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.running import windvane


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two services, one of which slows down after 600 calls, and among them lines that are no events."""
    chance = random.Random(3)
    path = tmp_path_factory.mktemp("calls") / "calls.jsonl"
    with path.open("w") as file:
        for number in range(2000):
            if number % 500 == 499:
                file.write('{"cut off\n' if number < 1000 else "[]\n")
            slow = 3 if number >= 1200 and number % 2 else 1
            event = {
                "id": f"c{number}",
                "service": ("a", "b")[number % 2],
                "latency": slow * chance.lognormvariate(0, 0.3),
                "output_tokens": 100,
                "mine": {"number": number},
            }
            file.write(json.dumps(event) + "\n")
    return path


@pytest.fixture(scope="module")
def scored(calls: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what scoring the calls has written."""
    folder = tmp_path_factory.mktemp("scored")
    score(calls, folder)
    return folder


def score(calls: Path, folder: Path, *arguments: object) -> tuple[bytes, bytes]:
    out, changes = folder / "out.jsonl", folder / "changes.jsonl"
    windvane("score", calls, "-o", out, "--signals", changes, *arguments)
    return out.read_bytes(), changes.read_bytes()


def test_every_line_comes_back_in_order_with_its_id_all_it_was_given_and_its_signals(calls: Path, scored: Path) -> None:
    given = [line for line in calls.read_text().splitlines() if line.startswith('{"id"')]
    events = [line for line in lines(scored / "out.jsonl") if "refused" not in line]
    assert len(events) == len(given) == 2000
    for line, told in zip(given, events, strict=True):
        event = json.loads(line)
        assert told["output_tokens_per_second"] == pytest.approx(100 / event["latency"])
        assert {name: told[name] for name in event} == event


def test_a_line_that_is_no_event_comes_back_in_its_place_with_the_reason_and_its_text(scored: Path) -> None:
    told = lines(scored / "out.jsonl")
    assert told[499]["refused"]["reason"] == "undecodable"
    assert (told[499]["refused"]["line"], told[499]["refused"]["text"]) == (500, '{"cut off')
    assert [place for place, line in enumerate(told) if "refused" in line] == [499, 1000, 1501, 2002]


def test_changes_of_state_name_the_series_and_the_event_at_which_they_happened(scored: Path) -> None:
    changes = lines(scored / "changes.jsonl")
    assert changes[0].keys() == {"time", "signal", "series", "state", "since", "event_id", "evidence"}
    fired = [change for change in changes if change["state"] == "fired"]
    assert fired and {change["series"]["service_name"] for change in fired} == {"b"}
    assert 1200 <= int(fired[0]["event_id"][1:]) < 1300
    assert "latency" in fired[0]["evidence"]["says"] and fired[0]["since"] <= fired[0]["time"]


@pytest.mark.parametrize("block_rows", ["13", "97", "100000"])
def test_the_same_input_gives_the_same_bytes_however_it_is_cut_into_blocks(
    calls: Path, scored: Path, tmp_path: Path, block_rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = (scored / "out.jsonl").read_bytes(), (scored / "changes.jsonl").read_bytes()
    assert once[1]
    monkeypatch.setenv("WINDVANE_BLOCK_ROWS", block_rows)
    assert score(calls, tmp_path) == once


def test_a_limit_gives_the_first_lines_of_the_whole(calls: Path, scored: Path, tmp_path: Path) -> None:
    whole, changes = (scored / "out.jsonl").read_bytes(), (scored / "changes.jsonl").read_bytes()
    part, part_changes = score(calls, tmp_path, "--limit", 1500)
    assert part.count(b"\n") == 1500 and whole.startswith(part) and changes.startswith(part_changes)


def test_a_given_column_of_the_name_of_a_signal_or_another_id_is_kept_beside(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"id": 7, "output_tokens_per_second": "mine", "latency": 2, "output_tokens": 10}\n'
        '{"id": null, "name": "n2", "latency": 2}\n'
        '{"id": "x", "refused": "yes"}\n'
    )
    told = [json.loads(line) for line in windvane("score", path).stdout.splitlines()]
    assert told[0]["id"] == 7 and told[0]["output_tokens_per_second"] == 5.0
    assert told[0]["given.output_tokens_per_second"] == "mine"
    assert told[1]["id"] == "1" and told[1]["given.id"] is None and told[1]["output_tokens_per_second"] is None
    assert told[2]["refused"] == "yes"
    path.write_text('{"id": "x", "name": "n"}\n')
    (mapped,) = [json.loads(line) for line in windvane("score", path, "--map", "name=id").stdout.splitlines()]
    assert (mapped["id"], mapped["given.id"], mapped["name"]) == ("n", "x", "n")


def test_lines_come_from_stdin_too(calls: Path, tmp_path: Path) -> None:
    out, _ = score(calls, tmp_path)
    assert windvane("score", "-", input=calls.read_text()).stdout.encode() == out


def test_nothing_but_the_count_is_on_stderr_where_it_is_no_terminal(calls: Path) -> None:
    assert windvane("score", calls).stderr == "2004 lines, 4 refused\n"
