"""What the benchmarks share: how figures are printed, what a process has used, events of a usual size."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["cpu_s", "events", "report"]

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_WORDS: Final = (
    "the refund for your order was sent to card account and should arrive within five working days please check with "
    "billing team if it has not come by then we will open a case parcel delivery invoice number total amount paid"
).split()


def report(figures: Mapping[str, Any], as_json: bool) -> None:
    """Print the figures: one JSON line for programs, else one line each."""
    if as_json:
        print(json.dumps(figures))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:{width}}  {f'{value:,.6g}' if isinstance(value, float) else value}")


def cpu_s(pid: int) -> float:
    """Return the CPU seconds, user and system, that a process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def events(count: int, *, services: int = 8, seed: int = 0, start: float = 1_700_000_000.0) -> Iterator[dict[str, Any]]:
    """Yield plain events of a usual size: about 60 words of prompt, 90 of response, tokens, times, user, tags."""
    chance = random.Random(seed)
    texts = [" ".join(chance.choices(_WORDS, k=90)) for _ in range(512)]
    for number in range(count):
        yield {
            "id": f"bench-{seed}-{number}",
            "time": start + number / 100,
            "service": f"service-{number % services}",
            "provider": "openai",
            "model": "gpt-4o-mini",
            "operation": "chat",
            "prompt": f"{number} {texts[number % 512][:360]}",
            "response": f"{texts[(number * 7 + 3) % 512]} {number}",
            "input_tokens": 80 + number % 50,
            "output_tokens": 110 + number % 70,
            "latency": 0.8 + number % 97 / 100,
            "ttft": 0.2,
            "user": f"user-{number % 500}",
            "session": f"session-{number % 2000}",
            "tags": {"region": "eu", "tenant": f"t{number % 9}"},
        }
