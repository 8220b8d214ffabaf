"""Apps that are observed: programs in processes of their own, and what arrived from them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.running import until
from tests.servers.process import Child, free_port
from windvane.collectors.envelope import unpack
from windvane.collectors.event import NAMES
from windvane.collectors.transport.framing import frames

__all__ = ["Arrived", "app", "emits", "nobody", "run_app", "started"]

_BEGIN = """
import gc, os, signal, sys, threading, time
import windvane

def emit(count, begin=0, **more):
    for number in range(begin, begin + count):
        windvane.emit(model="m", id=f"{service}-{number}", prompt="why?", input_tokens=number, **more)

service = sys.argv[2]
client = windvane.init(sys.argv[1], service)
"""


def app(code: str, endpoint: str, service: str = "shop") -> list[str]:
    """Return the command of an app: `client` is made, `emit(count, begin)` emits numbered events."""
    return [sys.executable, "-c", _BEGIN + code, endpoint, service]


def run_app(code: str, endpoint: str, service: str = "shop", *, killed: bool = False) -> str:
    """Run an app to its end; return what it printed."""
    done = subprocess.run(app(code, endpoint, service), capture_output=True, text=True, timeout=60)
    assert done.returncode == (-9 if killed else 0), done.stderr
    return done.stdout


def started(code: str, endpoint: str, log: Path, service: str = "shop") -> Child:
    """Start an app and wait until it has printed a line."""
    child = Child(app(code, endpoint, service), log)
    until(lambda: "\n" in log.read_text() or child.process.poll() is not None, "the app prints a line")
    assert child.process.poll() is None, log.read_text()
    return child


def emits(count: int, begin: int = 0) -> str:
    """Return the code of an app that is killed the moment its last emit has returned."""
    return f"emit({count}, {begin}); os.kill(os.getpid(), signal.SIGKILL)"


def nobody() -> str:
    """Return an endpoint where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@dataclass
class Arrived:
    """What has arrived in the file of a file:/// endpoint."""

    path: Path
    ids: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    """Events that arrived, but that the stream would put to the dead letters."""
    ledgers: dict[str, dict[str, int]] = field(default_factory=dict)
    """The last word of each source."""

    @property
    def endpoint(self) -> str:
        return self.path.as_uri()

    def read(self) -> Arrived:
        """Read the file anew, whole."""
        found = Arrived(self.path)
        for _, record in frames(self.path.read_bytes() if self.path.exists() else b""):
            envelope = unpack(record)
            found.refused += len(envelope.refused)
            found.rows += [dict(zip(NAMES, row, strict=True)) for row in envelope.rows]
            found.ledgers[envelope.header.source] = dict(envelope.header.ledger)
        found.ids = [row["id"] for row in found.rows]
        return found

    def count(self) -> int:
        """Return how many events have arrived."""
        now = self.read()
        return len(now.ids) + now.refused

    def until(self, true: Callable[[Arrived], bool], what: str) -> Arrived:
        """Wait until something is so of what has arrived."""
        until(lambda: true(self.read()), what)
        return self.read()
