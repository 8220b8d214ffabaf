"""What is summed from time to time says what it is the sum of: the ledger's blocks, and the calls of feedback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.servers.clickhouse import ClickHouseServer
from tests.storage.recounting import write_traffic
from tests.storage.storing import rows
from tests.storage.test_ledger import Sender
from windvane.collectors.block import SourceCount
from windvane.storage.migrations import filled, latest, migrate, migrations
from windvane.storage.store import ClickHouseStore

# The ledger as 0004 has it: from every block that is kept.
PLAIN_LEDGER: Final = filled(
    next(one for one in migrations()[3].up if one.startswith("CREATE VIEW IF NOT EXISTS ledger")), "windvane"
).partition(" AS\n")[2]
DETAILED: Final = 200_000
"""Events up to which feedback's views ask the events themselves."""


def summed(store: ClickHouseStore, *views: str) -> None:
    for view in views:
        with store.connections.client() as client:
            client.command(f"SYSTEM REFRESH VIEW {view}")
            client.command(f"SYSTEM WAIT VIEW {view}")


def settle(sender: Sender) -> None:
    """Let an hour pass for all that this sender has written, and sum what is settled."""
    with sender.store.connections.client() as client:
        for table in ("block_edges", "ledger_rows"):
            client.command(
                f"ALTER TABLE {table} UPDATE written_at = written_at - 3600 WHERE topic = '{sender.name}'"
                " SETTINGS mutations_sync = 2"
            )
    summed(sender.store, "ledger_settled_of_blocks")


def settled_up_to(sender: Sender) -> int:
    query = f"SELECT max(open) FROM ledger_settled WHERE topic = '{sender.name}'"
    return int(sender.store.query(query)[1][0][0])


def check(sender: Sender) -> dict[str, Any]:
    """Return the sender's row, which is that of the plain ledger, as is every other."""
    ledger = rows(sender.store, "SELECT * FROM ledger ORDER BY source")
    assert ledger == rows(sender.store, f"SELECT * FROM ({PLAIN_LEDGER}) ORDER BY source")
    return next(row for row in ledger if row["source"] == sender.name)


@pytest.fixture
def sender(store: ClickHouseStore) -> Sender:
    return Sender(store)


def test_settled_blocks_and_those_since_are_the_whole_ledger(sender: Sender) -> None:
    sender.block(SourceCount(60, duplicates=10, refused=2, emitted=70, dropped={"spool_full": 3}))
    sender.block(SourceCount(30, emitted=130, dropped={"spool_full": 4}))
    before = check(sender)
    settle(sender)
    assert settled_up_to(sender) == 20, "the newest, too: all of its rows are there"
    assert check(sender) == before
    sender.block(SourceCount(20, refused=1, emitted=160, dropped={"spool_full": 4, "oversize": 1}))
    row = check(sender)
    assert (row["emitted"], row["dropped"], row["accepted"], row["stored"]) == (160, 5, 110, 97)
    settle(sender)
    assert settled_up_to(sender) == 30 and check(sender) == row


def test_what_is_missing_stays_missing_and_what_is_being_written_is_not_settled(sender: Sender) -> None:
    sender.block(SourceCount(10, emitted=10), lost=2)
    sender.block(SourceCount(10, emitted=20), lost=10)
    settle(sender)
    row = check(sender)
    assert (settled_up_to(sender), row["missing"], row["writing"]) == (10, 2, 10)
    sender.end -= 10  # its owner has died: the next one begins with the same block, and finishes it
    sender.epoch = sender.store.claim(sender.home)
    sender.block(SourceCount(10, emitted=20))
    assert (check(sender)["missing"], check(sender)["writing"], check(sender)["stored"]) == (2, 0, 18)
    settle(sender)
    assert (settled_up_to(sender), check(sender)["accepted"]) == (20, 20)


def test_what_was_waiting_before_the_ledger_is_not_told_again_when_it_is_settled(sender: Sender) -> None:
    sender.block(SourceCount(10, emitted=1010), days_old=13.99)
    sender.block(SourceCount(20, emitted=1040, dropped={"spool_full": 3}))
    assert check(sender)["waiting"] == 7
    settle(sender)
    assert check(sender)["waiting"] == 7
    sender.block(SourceCount(7, emitted=1040))
    assert check(sender)["waiting"] == 0


def test_a_sum_over_other_days_is_passed_over(sender: Sender) -> None:
    sender.block(SourceCount(10, emitted=10), days_old=5)
    settle(sender)
    with sender.store.connections.client() as client:
        client.command(
            f"INSERT INTO ledger_settled SELECT * REPLACE (3 AS ledger_days, now64(3) AS at, 99 AS accepted)"
            f" FROM ledger_settled WHERE topic = '{sender.name}'"
        )
    assert check(sender)["accepted"] == 10
    summed(sender.store, "ledger_settled_of_blocks")


@pytest.fixture
def filled_store(clickhouse: ClickHouseServer) -> Iterator[ClickHouseStore]:
    """A database of its own with random traffic, and feedback about some of it."""
    store = ClickHouseStore(clickhouse.url, "much_feedback")
    for _ in migrate(store.connections, latest()):
        pass
    write_traffic(store, "much")
    yield store
    store.connections.get(database=False).command("DROP DATABASE much_feedback")
    store.close()


def near(store: ClickHouseStore, query: str) -> list[dict[str, Any]]:
    """Return the rows with floats rounded: a sum's last digit depends on which parts were merged first."""
    return [
        {name: float(f"{value:.9g}") if isinstance(value, float) else value for name, value in row.items()}
        for row in rows(store, query)
    ]


CALIBRATION: Final = "SELECT * FROM calibration ORDER BY ALL"
VERSIONS: Final = "SELECT * FROM versions ORDER BY ALL"


def test_of_many_events_feedback_is_as_of_the_last_sum_and_that_is_exact(filled_store: ClickHouseStore) -> None:
    store = filled_store
    sums = ("calibrations_of_feedback", "judged_versions_of_feedback")
    summed(store, *sums)
    asked = {query: near(store, query) for query in (CALIBRATION, VERSIONS)}
    assert len(asked[CALIBRATION]) > 5 and any(row["judged_calls"] > 9 for row in asked[VERSIONS])
    with store.connections.client() as client:
        # Of tool calls, which name neither prompt nor model nor release: no version is of them.
        client.command(
            "INSERT INTO events (id, time, service_name, gen_ai_operation_name, topic, offset, logged_at)"
            f" SELECT toString(number), now(), 'tools', 'execute_tool', 'more', number, now() FROM numbers({DETAILED})"
        )
    for query, told in asked.items():
        assert near(store, query) == told
    with store.connections.client() as client:
        # Every call is scored anew, and all that was bad is good now.
        client.command(
            "INSERT INTO events (id, time, service_name, gen_ai_operation_name, gen_ai_evaluation_name,"
            " gen_ai_evaluation_score_value, target_id, topic, offset, logged_at)"
            " SELECT concat('again-', id), now(), service_name, 'feedback', gen_ai_evaluation_name, -score, id, 'more',"
            f" {DETAILED} + rowNumberInAllBlocks(), now() FROM feedback"
        )
    for query, told in asked.items():
        assert near(store, query) == told, "until it is summed again"
    summed(store, *sums)
    judged = "sum(judged_calls) AS calls, sum(judged_calls * versions.feedback) AS liked FROM versions"
    (now,) = rows(store, f"SELECT {judged} WHERE kind = 'release'")
    given = "SELECT count() AS calls, countIf(NOT bad) AS liked FROM feedback WHERE service_version != ''"
    assert now == pytest.approx(rows(store, given)[0])
    before = {(row["service_name"], row["signal"]): row for row in asked[CALIBRATION]}
    for row in rows(store, CALIBRATION):
        known = before[row["service_name"], row["signal"]]
        assert (row["n"], row["n_bad"]) == (known["n"], known["n"] - known["n_bad"])
        assert row["auroc"] == pytest.approx(known["auroc"])
