"""What a rule says of each series, minute by minute, and what the store remembers of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.alerts.judged import CHAT, START, Judged, rule, told
from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.change import State
from windvane.dashboards.alerts.evaluator import Evaluator
from windvane.dashboards.alerts.rule import Budget, Missing, Trouble
from windvane.dashboards.board import Unit
from windvane.errors import Fenced


def test_what_is_beyond_the_bound_fires_and_what_comes_back_is_resolved(judged: Judged) -> None:
    judged.by(rule())
    assert judged.states({"shop": 1}, {"shop": 1.1}, {"shop": 2}, {"shop": 1}, {"shop": 0}) == [
        [], ["firing"], [], ["resolved"], [],
    ]  # fmt: skip


def test_below_is_the_other_side_and_null_is_on_neither(judged: Judged) -> None:
    judged.by(rule(below=0.5))
    assert judged.states({"shop": 0.5}, {"shop": 0.4}, {"shop": None}) == [[], ["firing"], ["resolved"]]


def test_a_condition_must_hold_for_its_time_before_anybody_is_told(judged: Judged) -> None:
    judged.by(rule(for_s=120))
    assert judged.states({"shop": 2}, {"shop": 0}, {"shop": 2}, {"shop": 2}, {"shop": 2}, {}) == [
        ["pending"], ["resolved"], ["pending"], [], ["firing"], ["resolved"],
    ]  # fmt: skip
    rows = judged.reader.rows("SELECT state, since, quiet, notification != '' AS told FROM alerts ORDER BY time")
    assert [row["told"] for row in rows] == [0, 0, 0, 1, 1]
    assert rows[1]["quiet"] == "nobody was told that it fired"
    assert rows[3]["since"] == rows[4]["since"] == "2026-11-30 03:02:00.000000"


def test_between_two_bounds_nothing_flaps(judged: Judged) -> None:
    judged.by(rule(above=1.0, until=0.5))
    assert judged.states({"shop": 0.7}, {"shop": 1.1}, {"shop": 0.7}, {"shop": 0.5}, {"shop": 0.7}) == [
        [], ["firing"], [], ["resolved"], [],
    ]  # fmt: skip


def test_a_rule_may_go_on_firing_for_a_while(judged: Judged) -> None:
    judged.by(rule(keep_s=120))
    assert judged.states({"shop": 2}, {"shop": 0}, {"shop": 2}, {"shop": 0}, {}, {}) == [
        ["firing"], [], [], [], [], ["resolved"],
    ]  # fmt: skip


def test_each_series_has_a_state_of_its_own(judged: Judged) -> None:
    judged.by(rule())
    assert told(judged.minute_of({"a": 2, "b": 0, "c": 2})) == [("a", State.FIRING), ("c", State.FIRING)]
    assert told(judged.minute_of({"a": 2, "b": 2, "c": 0})) == [("b", State.FIRING), ("c", State.RESOLVED)]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (Missing.OK, [["firing"], ["resolved"], ["firing"]]),
        (Missing.KEEP, [["firing"], [], []]),
        (Missing.ALERT, [["firing"], ["no_data"], ["resolved"]]),
    ],
)
def test_where_there_are_no_rows_the_rule_says_what_that_means(
    judged: Judged, missing: Missing, said: list[list[str]]
) -> None:
    judged.by(rule(no_data=missing))
    assert judged.states({"shop": 2}, {}, {"shop": 2}) == said


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT service, provider, oops FROM given",
        "SELECT service, provider FROM given",
        "SELECT provider, value FROM given",
        "SELECT 'a' AS service, '' AS provider, 2. AS value FROM numbers(2)",
        "SELECT service, provider, 'x' AS value FROM given WHERE at = $__toTime",
        "SELECT unhex('ff') AS service, provider, 2. AS value FROM given WHERE at = $__toTime",
        "SELECT service, provider, toInt128(2) AS value FROM given WHERE at = $__toTime",
        "SELECT service, provider, [2] AS value FROM given WHERE at = $__toTime",
    ],
)
def test_a_rule_that_cannot_be_judged_says_so_once_and_the_others_go_on(judged: Judged, sql: str) -> None:
    judged.by(rule("broken", sql=sql), rule())
    first = judged.minute_of({"shop": 2})
    assert [(change.rule, change.state) for change in first] == [("broken", State.ERROR), ("load", State.FIRING)]
    assert first[0].notification and "cannot be judged" in first[0].says
    assert judged.minute_of({"shop": 2}) == []
    judged.by(rule("broken"), rule())
    assert [(change.rule, change.state) for change in judged.minute_of({"shop": 2})] == [("broken", State.RESOLVED)]


def test_a_rule_may_keep_what_it_was_when_it_fails(judged: Judged) -> None:
    judged.by(rule())
    judged.minute_of({"shop": 2})
    judged.by(rule(sql="SELECT oops", on_error=Trouble.KEEP))
    assert judged.round() == []
    assert judged.reader.rows("SELECT state FROM open_alerts") == [{"state": "firing"}]


def test_the_message_tells_the_evidence_and_the_link_leads_there(judged: Judged) -> None:
    judged.by(rule(unit=Unit.SHARE, message="{service}: {value} of calls, {oops}"))
    [change] = judged.minute_of({"my shop": 1.25})
    assert change.says == "my shop: 125 % of calls, ?"
    assert change.link.startswith("/boards/windvane-overview?from=") and change.link.endswith("&service=my+shop")
    [row] = judged.reader.rows("SELECT says, link, value, labels['service'] AS service FROM open_alerts")
    assert row == {"says": change.says, "link": change.link, "value": 1.25, "service": "my shop"}


def test_a_rule_is_judged_as_often_as_it_says(judged: Judged) -> None:
    judged.by(rule(every_s=120))
    assert judged.states({"shop": 0}, {"shop": 2}, {"shop": 2}) == [[], [], ["firing"]]


def test_a_new_process_goes_on_where_the_last_one_was(judged: Judged) -> None:
    judged.by(rule(for_s=120))
    judged.states({"a": 2}, {"a": 2, "b": 2})
    judged.by(rule(for_s=120))
    assert told(judged.minute_of({"a": 2, "b": 2})) == [("a", State.FIRING)]
    judged.by(rule(for_s=120))
    assert told(judged.minute_of({"a": 2, "b": 2})) == [("b", State.FIRING)], "a is not told again"
    judged.by(rule(for_s=120))
    assert told(judged.minute_of({"b": 2})) == [("a", State.RESOLVED)]


def test_what_a_rule_said_that_is_gone_is_over_and_nobody_is_told(judged: Judged) -> None:
    judged.by(rule())
    judged.minute_of({"shop": 2})
    judged.by(rule("another"))
    assert [(change.state, change.quiet) for change in judged.round()] == [(State.RESOLVED, "the rule is gone")]
    assert judged.reader.rows("SELECT * FROM open_alerts") == []


def test_two_processes_do_not_judge_the_same_store(judged: Judged) -> None:
    judged.by(rule())
    earlier = judged.evaluator
    judged.by(rule())
    judged.give({"shop": 2})
    assert isinstance(earlier, Evaluator)
    with pytest.raises(Fenced, match="another process"):
        earlier.round(judged.now)
    assert told(judged.round()) == [("shop", State.FIRING)]


def test_budgets_in_the_store_are_those_of_the_file(judged: Judged) -> None:
    day = Budget(scope="service", name="*", period="day", usd=5)
    judged.by(budgets=(day, Budget(scope="user", name="ann", period="month", usd=1)))
    judged.by(budgets=(day,))
    assert judged.reader.rows("SELECT * FROM budgets") == [
        {"scope": "service", "name": "*", "period": "day", "usd": 5},
    ]


def test_a_hundred_series_are_one_question(judged: Judged) -> None:
    judged.by(rule(), rule("load2", sql=rule().sql, above=50.0))
    written = judged.minute_of({f"s{number}": float(number) for number in range(100)})
    assert len(written) == 98 + 49
    book = Book(judged.store)
    assert len(book.open()) == 147 and written[0].time + timedelta(minutes=1) > START


def test_rules_that_a_round_has_no_time_for_come_first_in_the_next(judged: Judged) -> None:
    judged.by(*(rule(name) for name in "abcd"))
    fired = []
    for _ in range(2):
        for name in "abcd":
            judged.give({"shop": 2}, name)
        assert judged.evaluator
        enough = iter((False, True))
        fired.append([change.rule for change in judged.evaluator.round(judged.now, enough.__next__)])
        judged.minute += 1
    assert fired == [["a", "b"], ["c", "d"]]


def test_what_is_no_number_in_a_message_is_told_as_it_is(judged: Judged) -> None:
    judged.by(rule(sql="SELECT 'shop' AS service, '' AS provider, 2. AS value, nan AS odd", message="{odd} of {value}"))
    assert [change.says for change in judged.round()] == ["nan of 2"]


def test_an_error_of_a_rule_that_keeps_ends_once_it_can_be_judged(judged: Judged) -> None:
    judged.by(rule(sql="SELECT oops", no_data=Missing.KEEP))
    judged.round()
    judged.by(rule(no_data=Missing.KEEP))
    assert [change.state for change in judged.round()] == [State.RESOLVED]


def test_what_was_told_before_an_alert_ended_is_not_held_against_the_next(judged: Judged) -> None:
    judged.by(rule(for_s=60), channels=(CHAT,))
    judged.states({"shop": 2}, {"shop": 2}, {"shop": 0}, {"shop": 2})
    judged.by(rule(for_s=60), channels=(CHAT,))
    assert told(judged.minute_of({"shop": 0})) == [], "pending only: nobody was told this time"


def test_a_repeat_while_it_goes_on_firing_is_a_notification_of_its_own(judged: Judged) -> None:
    judged.by(rule(keep_s=600, repeat_s=120), channels=(CHAT,))
    written = [judged.minute_of({"shop": 2})] + [judged.minute_of({"shop": 0}) for _ in range(4)]
    assert [len(changes) for changes in written] == [1, 0, 1, 0, 1]
    assert len({changes[0].notification for changes in written if changes}) == 3


def test_a_process_that_was_taken_over_neither_judges_nor_tells(judged: Judged) -> None:
    judged.by(rule())
    earlier, book = judged.evaluator, Book(judged.store)
    book.open()
    assert isinstance(earlier, Evaluator)
    for idle in (lambda: earlier.round(judged.now), earlier.open):
        with pytest.raises(Fenced):
            idle()
    judged.by(rule())
    with pytest.raises(Fenced):
        book.waiting()
