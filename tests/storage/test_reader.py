"""Reading for people and pages: any question, nothing but questions, within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from windvane.errors import ConfigError, StoreError
from windvane.storage.reader import FORMATS, Reader
from windvane.storage.store import ClickHouseStore


@pytest.fixture(scope="module")
def reader(embedded: ClickHouseStore) -> Iterator[Reader]:
    opened = Reader(embedded.connections, threads=2)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO claims VALUES ('t', 0, 1)",
        "DROP TABLE events",
        "ALTER TABLE events DELETE WHERE 1",
        "TRUNCATE TABLE events",
        "OPTIMIZE TABLE events",
        "CREATE TABLE t (a UInt8) ENGINE = Memory",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_execution_time = 0",
        "SELECT 1; DROP TABLE events",
        "SELECT 1; SELECT 2",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    ],
)
def test_whatever_writes_or_loosens_the_bounds_is_refused(reader: Reader, embedded: ClickHouseStore, sql: str) -> None:
    with pytest.raises(StoreError, match="the store refused"):
        reader.text(sql)
    assert embedded.query("SELECT count() FROM claims WHERE topic = 't'")[1] == [(0,)]
    assert embedded.query("EXISTS TABLE events")[1] == [(1,)]


def test_no_file_is_written(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="INTO OUTFILE writes a file"):
        reader.text(f"SELECT 1 AS a /**/ into  outfile '{tmp_path / 'out'}'")
    assert not list(tmp_path.iterdir())
    assert reader.rows("SELECT 'INTO OUTFILE' AS a") == [{"a": "INTO OUTFILE"}]


def test_what_a_failed_question_had_answered_is_not_in_the_next_answer(reader: Reader) -> None:
    for _ in range(4):
        with pytest.raises(StoreError, match="throwIf"):
            reader.text("SELECT throwIf(number = 2000000) FROM numbers(3000000)", "json")
    assert [reader.rows("SELECT 1 AS a") for _ in range(4)] == [[{"a": 1}]] * 4


def test_the_store_itself_goes_on_writing_beside_its_reader(reader: Reader, embedded: ClickHouseStore) -> None:
    assert reader.rows("SELECT getSetting('readonly') AS latched") == [{"latched": 1}]
    client = embedded.connections.get()
    client.command("CREATE TABLE IF NOT EXISTS beside (a UInt8) ENGINE = Memory")
    client.insert("beside", [[1]], ["a"])
    assert reader.rows("SELECT a FROM beside") == [{"a": 1}]
    client.command("DROP TABLE beside")


def test_an_answer_is_bounded(reader: Reader) -> None:
    with pytest.raises(StoreError, match="(?i)limit"):
        reader.text("SELECT repeat('x', 1000000) FROM numbers(1000)", "json")
    with pytest.raises(StoreError, match="(?i)memory"):
        reader.text("SELECT count() FROM (SELECT groupArray(number) FROM numbers(1000000000))")
    assert reader.rows("SELECT getSetting('max_execution_time') AS seconds") == [{"seconds": 60}]


def test_an_answer_without_rows_is_an_answer(reader: Reader) -> None:
    nothing = "SELECT id, cost FROM calls WHERE 0"
    assert reader.rows(nothing) == []
    assert [reader.text(nothing, form).strip() for form in ("json", "csv", "tsv")] == [b"", b'"id","cost"', b"id\tcost"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_question_may_end_with_a_semicolon_and_hold_any_text(reader: Reader, form: str) -> None:
    assert "it's ü".encode() in reader.text("SELECT 'it\\'s ü' AS a -- so\n;\n", form).replace(b"\\'", b"'")


def test_a_form_that_is_none_is_refused(reader: Reader) -> None:
    with pytest.raises(ConfigError, match="'xml' is no format; use one of table, json"):
        reader.text("SELECT 1", "xml")
