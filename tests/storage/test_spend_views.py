"""What the views of 0010 say of money, and of prompts with several answers: each beside figures worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.storage.storing import rows, stored
from windvane.storage.store import ClickHouseStore


def test_spend_is_by_day_user_conversation_and_team(store: ClickHouseStore) -> None:
    day = datetime(2026, 2, 3, 23, 59, tzinfo=UTC)
    ann: dict[str, Any] = {"time": day, "user": "ann", "session": "a", "tags": {"team": "red"}, "cost": "0.25"}
    next_day = {**ann, "time": day + timedelta(minutes=2)}
    events = [ann, ann, {**ann, "cost": None}, next_day, {"time": day, "user": "bob"}]
    where = stored(store, "spend", [*events, {**ann, "operation": "feedback", "target_id": "x", "cost": None}])
    columns = "toString(day), user_id, gen_ai_conversation_id, team, calls, priced_calls, cost"
    assert store.query(f"SELECT {columns} FROM spend {where} ORDER BY day, user_id")[1] == [
        ("2026-02-03", "ann", "a", "red", 3, 2, Decimal("0.5")),
        ("2026-02-03", "bob", "", "", 1, 0, None),
        ("2026-02-04", "ann", "a", "red", 1, 1, Decimal("0.25")),
    ]


def test_the_forecast_is_the_month_so_far_and_the_rest_at_the_last_weeks_rate(store: ClickHouseStore) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    daily = [5.0, 1.0, 2.0, 0.0, 4.0, 2.5, 1.5]  # the last is yesterday's
    events: list[dict[str, Any]] = [
        {"time": today - timedelta(days=7 - place, hours=-13), "cost": cost} for place, cost in enumerate(daily) if cost
    ]
    events += [{"time": today - timedelta(days=ago), "cost": 100} for ago in (8, 20)] + [{"time": today, "cost": 0.5}]
    where = stored(store, "forecast", events)
    before = datetime.now(UTC)
    (row,) = rows(store, f"SELECT * FROM spend_forecast {where}")
    spent = sum(float(event["cost"]) for event in events if event["time"] >= today.replace(day=1))
    month_end = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    left = (month_end - before).total_seconds() / 86_400
    rate, spread = float(np.mean(daily)), float(np.std(daily, ddof=1))
    off = float(stats.t.ppf(0.975, 6)) * spread * np.sqrt(left + left**2 / 7)
    assert (row["known_days"], row["per_day"], row["spent"]) == (7, pytest.approx(rate), pytest.approx(spent))
    assert row["forecast"] == pytest.approx(spent + rate * left, rel=0.01)
    assert row["forecast_low"] == pytest.approx(max(spent, spent + rate * left - off), rel=0.01)
    assert row["forecast_high"] == pytest.approx(spent + rate * left + off, rel=0.01)


@pytest.mark.parametrize(("days", "known"), [(0, 0), (1, 0), (2, 1), (4, 3)])
def test_a_service_that_began_lately_is_judged_by_its_whole_days(days: int, known: int, store: ClickHouseStore) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    events = [{"time": today - timedelta(days=ago), "cost": 2} for ago in range(days + 1)]
    (row,) = rows(store, f"SELECT * FROM spend_forecast {stored(store, f'young{days}', events)}")
    assert (row["known_days"], row["per_day"]) == (known, 2 if known else None)
    assert (row["forecast"] is None, row["forecast_low"] is None) == (known < 1, known < 2)


def test_prompts_with_several_answers_are_found_by_model(store: ClickHouseStore) -> None:
    def ask(model: str, response: Any, **more: Any) -> dict[str, Any]:
        return {"id": f"{next(numbers)}-{store.connections.embedded}", "model": model, "response": response,
                "system": "One letter.", "prompt": "A or B?", "context": ["A is right."], **more}  # fmt: skip

    numbers = iter(range(100))
    message = [{"role": "assistant", "content": "a"}]
    events = [ask("m", answer) for answer in ("A", "B", " a\n", message)] + [ask("n", "A"), ask("n", "A")]
    events += [ask("o", "A"), ask("m", "A", context=["B is right."]), ask("m", "B", prompt="B or A?"), ask("m", None)]
    where = stored(store, "consistency", [{**event, "id": f"consistency {event['id']}"} for event in events])
    columns = "gen_ai_request_model, answers, distinct_answers, commonest_share"
    assert store.query(f"SELECT {columns} FROM consistency {where} ORDER BY ALL")[1] == [
        ("m", 4, 2, 0.75),
        ("n", 2, 1, 1),
    ]
    assert store.query(f"SELECT uniqExact(prompt_hash) FROM consistency {where}")[1] == [(1,)]
