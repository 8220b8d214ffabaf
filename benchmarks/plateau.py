"""Does an instrumented app grow? Its memory over many calls in one process, and that of the same app without windvane.

    python -m benchmarks.plateau [--json] [--calls 30000]

Calls of OpenAI's library whose requests never leave the process; every tenth is a stream, every thirtieth a failure.
The first sixth is warming up.

  rss_mb_*     resident memory after warming up, half-way, at the end: `bare`, or with the endpoint `up` or `down`
  grown_mb_*   what it has grown by from half-way to the end
  grown_more_* less what the bare app has grown by in the same calls
  uncounted_*  calls that are neither delivered nor spooled nor dropped by reason
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import windvane
from benchmarks.common import report
from tests.apps import nobody

__all__: list[str] = []

ROOT: Final = Path(__file__).parents[1]
KINDS: Final = ("bare", "up", "down")
GOALS: Final = {"grown_more_mb_up": 1.0, "grown_more_mb_down": 1.0, "uncounted_up": 0, "uncounted_down": 0}
"""At most."""
_PROMPT: Final = "the refund for your order was sent to the account and will arrive within five days " * 8


def rss_mb() -> float:
    """Return the resident memory of this process that is its own (Linux): mapped segments are the kernel's."""
    gc.collect()
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["RssAnon"].split()[0]) / 1024


def client() -> Any:
    """Return a client of OpenAI's whose requests never leave the process."""
    import openai

    base = sys.modules["openai._base_client"]
    httpx: Any = getattr(base, "httpx", None) or base.httpx2

    def answer(request: Any) -> Any:
        asked = json.loads(request.content)
        if asked["model"] == "error":
            return httpx.Response(429, json={"error": {"message": "Too much."}})
        head = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
        if asked.get("stream"):
            delta = {"index": 0, "delta": {"role": "assistant", "content": "yes "}, "finish_reason": None}
            event = json.dumps({**head, "object": "chat.completion.chunk", "choices": [delta]})
            kind = {"content-type": "text/event-stream"}
            return httpx.Response(200, headers=kind, content=f"data: {event}\n\n" * 30 + "data: [DONE]\n\n")
        said = {"index": 0, "message": {"role": "assistant", "content": _PROMPT}, "finish_reason": "stop"}
        return httpx.Response(200, json={**head, "choices": [said]})

    made = httpx.Client(transport=httpx.MockTransport(answer))
    return openai.OpenAI(api_key="none", base_url="http://x/v1", http_client=made, max_retries=0)


def work(kind: str, folder: str, calls: int) -> dict[str, Any]:
    """Be the app; return its memory, and what is not counted of its calls."""
    import openai

    if kind != "bare":
        endpoint = (Path(folder) / "arrived").as_uri() if kind == "up" else nobody()
        windvane.init(endpoint, "plateau", spool_dir=folder)
        windvane.instrument("openai")
    chat = client().chat.completions.create
    held: list[float] = []
    for number in range(calls):
        messages = [{"role": "user", "content": f"{number} {_PROMPT}"}]
        if number % 30 == 29:
            with suppress(openai.RateLimitError):
                chat(model="error", messages=messages)
        elif number % 10 == 9:
            list(chat(model="m", messages=messages, stream=True))
        else:
            chat(model="m", messages=messages)
        if number + 1 in (calls // 6, calls // 2, calls):
            held.append(rss_mb())
    figures: dict[str, Any] = {"rss_mb": held, "grown_mb": round(held[2] - held[1], 3)}
    if kind == "bare":
        return figures
    stats = windvane.stats()
    known = stats.delivered + stats.spooled + sum(stats.dropped.values())
    return {**figures, "uncounted": calls - min(known, stats.emitted), "dropped": sum(stats.dropped.values())}


def main() -> None:
    """Run, and print the figures, and which of them miss their goal."""
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(work(sys.argv[2], sys.argv[3], int(sys.argv[4]))), flush=True)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--calls", type=int, default=30_000, help="of each app (default: 30000)")
    given = parser.parse_args()
    figures: dict[str, Any] = {"calls": given.calls}
    for kind in KINDS:
        with tempfile.TemporaryDirectory(prefix="windvane-plateau-") as name:
            command = [sys.executable, "-m", "benchmarks.plateau", "--work", kind, name, str(given.calls)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{kind}: {done.stderr[-2000:]}")
        found = json.loads(done.stdout.splitlines()[-1])
        figures |= {f"{what}_{kind}": value for what, value in found.items()}
        if kind != "bare":
            figures[f"grown_more_mb_{kind}"] = round(found["grown_mb"] - figures["grown_mb_bare"], 3)
    figures["missed"] = [name for name, goal in GOALS.items() if figures[name] > goal]
    report(figures, given.json)


if __name__ == "__main__":
    main()
