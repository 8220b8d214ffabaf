"""One call, one row: the same scripted calls leave the same rows, whoever has told of them.

Each path is a file in `routes/`: real client libraries, real instrumentations, real exporters, the gateway, a log. A
column that a path cannot know is listed there with the reason; one that is listed and arrives after all fails here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.collectors.gateways import gateway, get, rows
from tests.paths.calls import CALLS, Scripted
from tests.paths.route import NAMES, Route, route_of
from tests.servers.providers import ProviderServer
from windvane.collectors.event import NAMES as NAMES_OF_COLUMNS
from windvane.collectors.log.sqlite import SqliteLog

ROOT = Path(__file__).parents[2]
FIRST = "gen_ai_response_time_to_first_chunk"
VARYING = {"id", "time", "trace_id", "span_id", "gen_ai_client_operation_duration", FIRST, "attributes"}
"""Columns that no two calls share, and what is kept of what has no column."""
_CLOCKS_NS = 2_000_000
"""Some tell times in milliseconds; between two calls there is more."""


@pytest.fixture(scope="module")
def providers() -> Iterator[ProviderServer]:
    server = ProviderServer()
    yield server
    server.close()


@dataclass(frozen=True)
class Told:
    """What has become of the calls by one path: their rows, and what was sent of them."""

    route: Route
    rows: list[dict[str, Any]]
    begun: dict[str, int]
    sent: dict[str, list[dict[str, Any]]]
    unmapped: dict[str, int]

    def of(self, call: Scripted) -> list[dict[str, Any]]:
        """Return the rows of what began with this call, and before the next one."""
        return [
            row
            for row in self.rows
            if self._within(call, row["time"] * 1000 - int(row["gen_ai_client_operation_duration"] * 1e9))
        ]

    def sent_of(self, call: Scripted) -> str:
        """Return all attributes and bodies that were sent of a call."""
        every = (each for kind in self.sent.values() for each in kind)
        return json.dumps([{**each, "start": 0} for each in every if self._within(call, each["start"])])

    def _within(self, call: Scripted, at: int) -> bool:
        begun = self.begun[call.name]
        after = min((each for each in self.begun.values() if each > begun), default=sys.maxsize)
        return begun - _CLOCKS_NS <= at < after - _CLOCKS_NS


@pytest.fixture(scope="module")
def told(request: Any, providers: ProviderServer, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Make all calls by one path."""
    name: str = request.param
    route = route_of(name)
    for need in route.needs:
        if not _is_here(need):
            pytest.skip(f"{name}: {need} is not installed")
    return _tell(name, route, providers.url, tmp_path_factory.mktemp(name))


def _tell(name: str, route: Route, providers: str, folder: Path) -> Told:
    with closing(SqliteLog(folder / "log.sqlite", topic="t")) as log, gateway(log) as port:
        command = [sys.executable, "-m", "tests.paths.making", name, providers, f"http://127.0.0.1:{port}"]
        env = {**os.environ, **route.settings, "WINDVANE_SPOOL_DIR": str(folder / "spool")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, env=env)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout.splitlines()[-1])
        unmapped = get(port, "/v1/unmapped.json").told.get("unmapped_attributes", {})
        return Told(route, rows(log), report["begun"], report["sent"] or {}, unmapped)


def _is_here(need: str) -> bool:
    wanted = Requirement(need)
    try:
        return wanted.specifier.contains(version(wanted.name), prereleases=True)
    except PackageNotFoundError:
        return False


EACH_PATH = pytest.mark.parametrize("told", NAMES, indirect=True, scope="module")


@EACH_PATH
@pytest.mark.parametrize("call", [pytest.param(call, id=call.name) for call in CALLS])
def test_a_call_is_the_same_row_by_every_path(told: Told, call: Scripted) -> None:
    if why := told.route.cannot.get(call.name):
        assert call.name not in told.begun
        pytest.skip(why)
    [row] = told.of(call)
    expected = dict(call.row)
    for lack in told.route.lacks:
        if lack.column in expected and (call.name in lack.calls or not lack.calls):
            assert row.get(lack.column) != expected[lack.column], f"{lack.column} arrives after all: strike it off"
            right = expected.pop(lack.column)
            if lack.instead is not None:
                expected[lack.column] = lack.instead(right)
            elif lack.column.startswith("gen_ai_usage_"):
                # Tokens are never ours to lose: the number is nowhere in what the path has sent.
                assert not re.search(rf"\b{right}\b", told.sent_of(call)), f"{lack.column} was sent, and is lost"
    assert {name: cell for name, cell in row.items() if name not in VARYING} == expected
    assert row["gen_ai_client_operation_duration"] > 0


@EACH_PATH
def test_what_no_two_calls_share_is_there(told: Told) -> None:
    lacks = {lack.column for lack in told.route.lacks}
    for call in CALLS:
        if call.name in told.begun:
            [row] = told.of(call)
            due = {"trace_id", "span_id"} | ({FIRST} if call.streamed else set())
            assert {name for name in ("trace_id", "span_id", FIRST) if name in row} == due - lacks, call.name
            latency = row["gen_ai_client_operation_duration"]
            assert 0 < row.get(FIRST, latency) <= latency


@EACH_PATH
def test_there_are_as_many_rows_as_calls_and_all_attributes_are_known(told: Told) -> None:
    assert len(told.rows) == len(told.begun) == len(CALLS) - len(told.route.cannot)
    assert told.unmapped == {}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_path_lacks_has_its_reason(name: str) -> None:
    route, known = route_of(name), {call.name: call for call in CALLS}
    assert all(why and call in known for call, why in route.cannot.items())
    for lack in route.lacks:
        assert lack.why and lack.column in NAMES_OF_COLUMNS
        assert all(lack.column in known[call].row for call in lack.calls)
