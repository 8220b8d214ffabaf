"""Providers to be called, and what has arrived of the calls."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import windvane
from tests.apps import Arrived
from tests.servers.providers import ProviderServer
from windvane.collectors.instrument import guarding


@pytest.fixture(scope="session")
def providers() -> Iterator[ProviderServer]:
    """Providers on loopback."""
    server = ProviderServer()
    yield server
    server.close()


@pytest.fixture(scope="module", autouse=True)
def freed() -> None:
    """Streams that were left in another file's tests are freed, and told to nobody, before this file's begin."""
    gc.collect()


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Have calls told; give what asks for the rows that have arrived."""
    arrived = Arrived(tmp_path / "events")
    monkeypatch.setattr(windvane, "emit", windvane.emit)
    windvane.init(arrived.endpoint, "shop", spool_dir=tmp_path / "spool", linger_s=0)

    def read() -> list[dict[str, Any]]:
        assert windvane.flush(20)
        return arrived.read().rows

    yield read
    windvane.uninstrument()
    windvane.shutdown()
    monkeypatch.setattr(windvane, "_client", None)
    guarding._counts.clear()
