"""A running `windvane up` that the tests of a file share, and files of calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.running import Up

MakeCalls = Callable[..., Path]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("up") / "data")
    yield running
    running.child.kill()


@pytest.fixture
def make_calls(tmp_path: Path) -> MakeCalls:
    """Write a file of `count` calls of a service, a second apart."""

    def make(service: str, count: int) -> Path:
        path = tmp_path / f"{service}.jsonl"
        with path.open("wb") as file:
            for number in range(count):
                call = {"time": 1.7e9 + number, "service": f"{service}-{number % 3}", "input_tokens": number % 50}
                file.write(msgspec.json.encode({**call, "model": "m", "response": f"answer {number}"}) + b"\n")
        return path

    return make
