"""The example runs as it stands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.apps import Arrived
from tests.servers.providers import ProviderServer

EXAMPLE = Path(__file__).parents[2] / "examples" / "instrumented.py"


def test_an_instrumented_app(tmp_path: Path, providers: ProviderServer) -> None:
    pytest.importorskip("openai")
    arrived = Arrived(tmp_path / "events")
    env = {**os.environ, "WINDVANE_ENDPOINT": arrived.endpoint, "OPENAI_API_KEY": "none"}
    env["OPENAI_BASE_URL"] = f"{providers.url}/v1"
    done = subprocess.run([sys.executable, EXAMPLE], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.count("Paris is the capital.") == 2 and "all delivered: True" in done.stdout
    rows = arrived.read().rows
    assert [row["user_id"] for row in rows] == ["ann", "bob"]
    assert {row["gen_ai_usage_output_tokens"] for row in rows} == {5}
