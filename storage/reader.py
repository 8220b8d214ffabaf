"""Reading for people and pages: any query, nothing but reading, bounded in time and size."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import msgspec

from windvane.errors import ConfigError, StoreError
from windvane.storage.connect import Connections

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["FORMATS", "Reader", "rows_of"]

FORMATS: Final = {
    "table": "PrettyCompactMonoBlock",
    "json": "JSONEachRow",
    "csv": "CSVWithNames",
    "tsv": "TSVWithNames",
    "columns": "JSONCompact",
    "arrow": "Arrow",
}
"""How an answer may be written: our names, ClickHouse's formats."""

_BOUNDS: Final = {
    "max_execution_time": 60,
    "max_result_bytes": 256 << 20,
    "max_memory_usage": 2 << 30,
    "output_format_json_quote_64bit_integers": 0,
    "output_format_pretty_color": 0,
    "output_format_pretty_max_rows": 10_000,
}


_QUOTED: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*\"""", re.DOTALL)


class Reader:
    """Answers queries that read. On a server use a user that may do no more (windvane_reader).

    In chDB `readonly` is a latch of a connection that cannot be opened again: so the reader has connections, and
    threads, of its own.
    """

    def __init__(self, connections: Connections, *, threads: int = 2) -> None:
        self._connections = connections
        self._pool = ThreadPoolExecutor(threads, "windvane-reader")
        self._latched = threading.local()

    def _latch(self) -> None:
        """Bound this thread's connection, once: a failure is that query's, and the next one tries again."""
        if self._connections.embedded and not getattr(self._latched, "done", False):
            bounds = ", ".join(f"{name} = {value}" for name, value in {**_BOUNDS, "readonly": 1}.items())
            with self._connections.client() as client:
                client.command(f"SET {bounds}")
            self._latched.done = True

    def text(self, sql: str, form: str = "table", *, checked: bool = False) -> bytes:
        """Return the answer to one query, written as `form` (see `FORMATS`). Blocks until it is there.

        `checked` says that the same query, but for its numbers, has been answered before: it is looked at less.

        Raises:
            ConfigError: there is no such form.
            StoreError: the query is wrong, writes, or asks for too much.
        """
        if form not in FORMATS:
            raise ConfigError(f"{form!r} is no format; use one of {', '.join(FORMATS)}")
        return self._pool.submit(self._ask, sql.strip().rstrip(";"), FORMATS[form], checked).result()

    def _ask(self, sql: str, form: str, checked: bool) -> bytes:
        self._latch()
        embedded = self._connections.embedded
        with self._connections.client() as client:
            if embedded and not checked:
                _check_one_question(client, sql)
            return client.raw_query(sql, fmt=form, settings={} if embedded else {**_BOUNDS, "readonly": 2})

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Return the answer as one dict per row; times and decimals as ClickHouse writes them."""
        return rows_of(self.text(sql, "columns"))

    def close(self) -> None:
        """End the reader's threads; the connections are their owner's."""
        self._pool.shutdown()


def rows_of(answer: bytes) -> list[dict[str, Any]]:
    """Return an answer in the form `columns` as one dict per row; times and decimals as ClickHouse writes them."""
    decoded = msgspec.json.decode(answer)
    names = [column["name"] for column in decoded["meta"]]
    return [dict(zip(names, row, strict=True)) for row in decoded["data"]]


def _check_one_question(client: Client, sql: str) -> None:
    """Refuse what chDB does in spite of `readonly`: to run several statements, and to write a file."""
    text = client.query("SELECT formatQuery({sql:String})", parameters={"sql": sql}).result_rows[0][0]
    if re.search(r"\bINTO OUTFILE\b", _QUOTED.sub("''", text)):
        raise StoreError("the store refused: INTO OUTFILE writes a file. Redirect the output of windvane sql instead")
