"""What boards read is a recount of the facts: every rollup, whatever was written twice, and after the way back too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pytest

from tests.storage.recounting import by, facts, judges, number, reasons, write_traffic
from tests.storage.storing import rows
from windvane.storage.migrations import latest, migrate
from windvane.storage.retention import apply_retention
from windvane.storage.store import ClickHouseStore

Check = Callable[[ClickHouseStore, str, list[dict[str, Any]]], None]


@pytest.fixture(scope="module", params=["embedded", "served"])
def filled(request: pytest.FixtureRequest) -> Iterator[tuple[ClickHouseStore, str]]:
    """A store with random traffic, and what its services' names begin with."""
    store: ClickHouseStore = request.getfixturevalue(request.param)
    topic = f"recount-{request.param}"
    write_traffic(store, topic)
    yield store, topic


def check_activity(store: ClickHouseStore, topic: str, events: list[dict[str, Any]]) -> None:
    key = ("service_name", "gen_ai_request_model", "gen_ai_operation_name")
    for step in (60, 300, 3600):
        found = rows(
            store,
            f"SELECT toUnixTimestamp(begins) AS at, {', '.join(key)}, sum(activity.calls) AS calls,"
            " sum(errors) AS errors, sum(retryable_errors) AS retryable, sum(output_tokens) AS tokens,"
            " sum(timed_calls) AS timed, sum(latency_sum) AS seconds, max(latency_max) AS longest,"
            " sum(activity.cost) AS usd, sum(priced_calls) AS priced, uniqCombinedMerge(12)(users) AS who,"
            " uniqCombinedMerge(12)(conversations) AS talks"
            f" FROM activity WHERE step = {step} AND startsWith(service_name, '{topic}') GROUP BY ALL",
        )
        for event in events:
            event["at"] = int(event["time"].timestamp()) // step * step
        recount = by(events, "at", *key)
        assert len(found) == len(recount)
        for row in found:
            own = recount[tuple(row[name] for name in ("at", *key))]
            seconds = [number(event["gen_ai_client_operation_duration"]) for event in own]
            assert (row["calls"], row["timed"]) == (len(own), sum(second > 0 for second in seconds))
            assert row["errors"] == sum(event["error_type"] != "" for event in own)
            assert row["retryable"] == sum(event["error_type"] == "503" for event in own)
            assert row["tokens"] == sum(event["gen_ai_usage_output_tokens"] or 0 for event in own)
            assert (row["seconds"], row["longest"]) == (pytest.approx(sum(seconds)), max(seconds))
            assert row["usd"] == sum(event["cost"] or 0 for event in own)
            assert row["priced"] == sum(event["cost"] is not None for event in own)
            assert row["who"] == len({event["user_id"] for event in own} - {""})
            assert row["talks"] == len({event["gen_ai_conversation_id"] for event in own} - {""})


def check_signals(store: ClickHouseStore, topic: str, events: list[dict[str, Any]]) -> None:
    for step in (60, 300, 3600):
        found = rows(
            store,
            "SELECT toUnixTimestamp(begins) AS at, signal, sum(signal_activity.calls) AS calls, sum(total) AS total,"
            " sum(squares) AS squares, min(least) AS least, max(most) AS most, sum(from_half) AS from_half"
            f" FROM signal_activity WHERE step = {step} AND startsWith(service_name, '{topic}') GROUP BY ALL",
        )
        said: dict[tuple[int, str], list[float]] = {}
        for event in events:
            for signal, value in event["signals"].items():
                said.setdefault((int(event["time"].timestamp()) // step * step, signal), []).append(value)
        assert {(row["at"], row["signal"]) for row in found} == said.keys()
        for row in found:
            values = np.array(said[row["at"], row["signal"]])
            assert (row["calls"], row["from_half"]) == (len(values), (values >= 0.5).sum())
            assert (row["total"], row["squares"]) == (values.sum(), (values**2).sum())  # quarters: exact
            assert (row["least"], row["most"]) == (values.min(), values.max())


def check_flags(store: ClickHouseStore, topic: str, events: list[dict[str, Any]]) -> None:
    found = rows(store, f"SELECT flag, id FROM flagged WHERE startsWith(service_name, '{topic}')")
    recount = [
        (why, (event["target_id"] if why == "bad_feedback" else "") or event["id"])
        for event in events
        for why in reasons(event)
    ]
    assert Counter((row["flag"], row["id"]) for row in found) == Counter(recount) and len(recount) > 300


def check_spending(store: ClickHouseStore, topic: str, events: list[dict[str, Any]]) -> None:
    found = rows(
        store,
        "SELECT toUnixTimestamp(hour) AS at, service_name, user_id, team, sum(spending.calls) AS calls,"
        f" sum(spending.cost) AS usd FROM spending WHERE startsWith(service_name, '{topic}') GROUP BY ALL",
    )
    for event in events:
        event["at"], event["team"] = int(event["time"].timestamp()) // 3600 * 3600, event["tags"].get("team", "")
    key = ("at", "service_name", "user_id", "team")
    recount = by([event for event in events if event["gen_ai_operation_name"] != "feedback"], *key)
    told = {tuple(row[name] for name in key): (row["calls"], row["usd"]) for row in found}
    assert told == {at: (len(own), sum(event["cost"] or 0 for event in own)) for at, own in recount.items()}


def check_judgements(store: ClickHouseStore, topic: str, events: list[dict[str, Any]]) -> None:
    found = rows(store, f"SELECT time, id, score FROM judgements WHERE startsWith(service_name, '{topic}')")
    given = [event for event in events if event["gen_ai_evaluation_score_value"] is not None]
    recount = [(event["time"], event["target_id"], event["gen_ai_evaluation_score_value"]) for event in given]
    assert Counter((row["time"], row["id"], row["score"]) for row in found) == Counter(recount) and len(recount) > 100


def check_feedback(store: ClickHouseStore, topic: str, events: list[dict[str, Any]]) -> None:
    found = rows(
        store, f"SELECT id, time, score, gen_ai_prompt_version, bad FROM feedback WHERE startsWith(id, '{topic}')"
    )
    given = [event for event in events if event["target_id"]]
    last = {event["target_id"]: event for event in sorted(given, key=lambda one: (one["offset"], one["position"]))}
    about = {event["id"]: event for event in events}
    assert {row["id"] for row in found} == last.keys() and len(found) == len(last)
    for row in found:
        call, score = about[row["id"]], last[row["id"]]["gen_ai_evaluation_score_value"]
        assert (row["score"], row["bad"]) == (score, score < 0)
        assert (row["time"], row["gen_ai_prompt_version"]) == (call["time"], call["gen_ai_prompt_version"])


def check_costs(store: ClickHouseStore, topic: str, events: list[dict[str, Any]]) -> None:
    found = rows(store, f"SELECT * FROM costs WHERE startsWith(service_name, '{topic}')")
    for event in events:
        event["day"], event["priced_by"] = event["time"].date(), event["notes"].get("priced_by", "")
    key = ("day", "service_name", "gen_ai_request_model", "priced_by", "gen_ai_provider_name")
    recount = by([event for event in events if event["priced_by"]], *key)
    assert len(found) == len(recount)
    for row in found:
        own = recount[tuple(row[name] for name in key)]
        again = [event for event in own if event["signals"].get("repeat", 0) > 0]
        assert (row["calls"], row["repeats"]) == (len(own), len(again))
        for name, those in (("cost", own), ("repeat_cost", again)):
            priced = [event["cost"] for event in those if event["cost"] is not None]
            assert row[name] == (sum(priced) if priced else None)


def check_versions(store: ClickHouseStore, topic: str, events: list[dict[str, Any]]) -> None:
    real = [event for event in events if not judges(event)]
    columns = {"prompt": "gen_ai_prompt_version", "model": "gen_ai_request_model", "release": "service_version"}
    key = ("service_name", "gen_ai_operation_name", "gen_ai_prompt_name")
    found = rows(store, f"SELECT * FROM versions WHERE startsWith(service_name, '{topic}')")
    recount = {
        (kind, *at): own for kind, column in columns.items() for at, own in by(real, column, *key).items() if at[0]
    }
    assert {(row["kind"], row["version"], *(row[name] for name in key)) for row in found} == recount.keys()
    last = {event["target_id"]: event["gen_ai_evaluation_score_value"] for event in events if event["target_id"]}
    for row in found:
        own = recount[row["kind"], row["version"], *(row[name] for name in key)]
        times = [event["time"] for event in own]
        assert (row["calls"], row["first_at"], row["last_at"]) == (len(own), min(times), max(times))
        assert row["success"] == pytest.approx(np.mean([event["error_type"] == "" for event in own]))
        assert row["judged_calls"] == sum(event["id"] in last for event in own)
        seconds = [event["gen_ai_client_operation_duration"] for event in own]
        assert row["latency"] == pytest.approx(np.mean([second for second in seconds if second is not None]))
        grounded = [event["signals"]["groundedness"] for event in own if "groundedness" in event["signals"]]
        assert (row["checked"], row["groundedness"]) == (len(grounded), pytest.approx(np.mean(grounded)))


def check_sketches(store: ClickHouseStore, topic: str, events: list[dict[str, Any]]) -> None:
    real = [number(event["gen_ai_client_operation_duration"]) for event in events if not judges(event)]
    exact = np.quantile([second for second in real if second], [0.5, 0.95], method="inverted_cdf")
    assert exact[0] < 0.1, "short ones are where a sketch of seconds is off"
    for step in (60, 300, 3600):
        query = f"FROM activity WHERE step = {step} AND startsWith(service_name, '{topic}')"
        ((found,),) = store.query(f"SELECT quantilesDDMerge(0.02, 0.5, 0.95)(latency) {query}")[1]
        assert np.array(found) / 1e6 == pytest.approx(exact, rel=0.021)


CHECKS: Final[tuple[Check, ...]] = (
    check_activity, check_signals, check_flags, check_spending, check_judgements, check_feedback, check_costs,
    check_versions, check_sketches,
)  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_what_boards_read_is_a_recount_of_the_events(filled: tuple[ClickHouseStore, str], check: Check) -> None:
    check(*filled, facts(*filled))


def test_after_the_way_back_and_forward_it_still_is(filled: tuple[ClickHouseStore, str]) -> None:
    store = filled[0]
    for to in (13, latest()):  # before what is made anew, and filled from the events
        for _ in migrate(store.connections, to):
            pass
    apply_retention(store.connections)
    for check in CHECKS:
        check(*filled, facts(*filled))
