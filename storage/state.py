"""Detector state in the store: pages with two slots each, and a marker that makes a snapshot whole.

Within an epoch a page is written to its slots in turn, so what the last marker covers is never replaced by what the
next one will. A new owner's first snapshot holds every page; then the pages of the epochs before it are forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from windvane.collectors.block import Home, Page

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["SavedPages", "load"]

_HOME: Final = "topic = {topic:String} AND partition = {partition:UInt32}"


class SavedPages:
    """The snapshots of one partition, as one owner (`epoch`) writes them."""

    def __init__(self, home: Home, epoch: int) -> None:
        self._home = home
        self._epoch = epoch
        self._snapshot = 0
        self._slots: dict[tuple[str, int], int] = {}

    def save(self, client: Client, offset: int, pages: Iterable[Page], *, whole: bool) -> None:
        """Write the pages, each to the slot that it did not use last, then the marker."""
        topic, partition = self._home.topic, self._home.partition
        self._snapshot += 1
        rows = []
        for page in pages:
            slot = 1 - self._slots.get((page.kind, page.number), 1)
            self._slots[page.kind, page.number] = slot
            rows.append([topic, partition, self._epoch, page.kind, page.number, slot, self._snapshot, page.data])
        if rows:
            columns = ["topic", "partition", "epoch", "kind", "number", "slot", "snapshot", "data"]
            client.insert("state_pages", rows, columns)
        marker = [topic, partition, self._epoch, self._snapshot, offset]
        client.insert("state_markers", [marker], ["topic", "partition", "epoch", "snapshot", "offset"])
        if whole:
            parameters = {"topic": topic, "partition": partition, "epoch": self._epoch}
            for table in ("state_markers", "state_pages"):
                client.command(f"DELETE FROM {table} WHERE {_HOME} AND epoch < {{epoch:UInt64}}", parameters=parameters)


def load(client: Client, home: Home) -> tuple[int, list[Page]]:
    """Return the newest whole snapshot's offset and pages; -1 and none where there is no snapshot."""
    parameters: dict[str, Any] = {"topic": home.topic, "partition": home.partition}
    query = (
        f"SELECT epoch, snapshot, offset FROM state_markers WHERE {_HOME} ORDER BY epoch DESC, snapshot DESC LIMIT 1"
    )
    markers = client.query(query, parameters=parameters).result_rows
    if not markers:
        return -1, []
    epoch, snapshot, offset = markers[0]
    query = (
        f"SELECT kind, number, argMax(hex(data), snapshot) FROM state_pages WHERE {_HOME}"
        " AND epoch = {epoch:UInt64} AND snapshot <= {snapshot:UInt64} GROUP BY kind, number"
    )
    rows = client.query(query, parameters={**parameters, "epoch": epoch, "snapshot": snapshot}).result_rows
    return int(offset), [Page(kind, int(number), bytes.fromhex(data)) for kind, number, data in rows]
