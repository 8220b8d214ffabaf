"""kill -9 in the middle of instrumented calls: which of those that had returned are not there after the next start?

    python -m benchmarks.killed [--json] [--calls 1000] [--rounds 5]

An app calls OpenAI's library against a provider on loopback, one call after the other, and writes each down once it has
returned. It is killed at a random one of the last half, with the endpoint up, or down for the whole of its life. Then a
process of the same service starts, with the endpoint up, and calls nothing; what has arrived is compared.

  returned_*   calls that had returned to the app, in all rounds
  lost_*       of them, those that did not arrive
  twice_*      calls that the stream would count twice: told under two numbers
  more_*       calls that arrived without having returned: at most the one that the kill has met, each round
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

import windvane
from benchmarks.common import report
from tests.apps import Arrived, nobody
from tests.servers.process import Child
from windvane.collectors.envelope import unpack
from windvane.collectors.event import INDEX
from windvane.collectors.transport.framing import frames

__all__: list[str] = []

ROOT: Final = Path(__file__).parents[1]
GOALS: Final = ("lost_up", "lost_down", "twice_up", "twice_down")
"""None of these."""
_WAIT_S: Final = 60.0


def app(endpoint: str, folder: str, url: str, calls: int) -> None:
    """Be the app: call, and write down which call has returned."""
    import openai

    windvane.init(endpoint, "killed", spool_dir=folder)
    windvane.instrument("openai")
    client = openai.OpenAI(api_key="none", base_url=f"{url}/v1")
    for number in range(calls):
        client.chat.completions.create(model="plain", messages=[{"role": "user", "content": f"call {number}"}])
        os.write(1, b"%d\n" % number)


def arrived(path: Path) -> Counter[str]:
    """Return what was asked, as often as the stream would count it."""
    places: dict[tuple[str, str, int], str] = {}
    for _, record in frames(path.read_bytes() if path.exists() else b""):
        envelope = unpack(record)
        for number, row in enumerate(envelope.rows, envelope.header.first):
            said = json.loads(row[INDEX["gen_ai_input_messages"]])
            places[envelope.header.source, envelope.header.key, number] = said[0]["parts"][0]["content"]
    return Counter(places.values())


def killed(url: str, calls: int, chance: random.Random, *, up: bool) -> Counter[str]:
    """Kill an app once and start its next process; return what became of its calls."""
    with tempfile.TemporaryDirectory(prefix="windvane-killed-") as name:
        file = Arrived(Path(name) / "arrived")
        command = [sys.executable, "-m", "benchmarks.killed", "--app", file.endpoint if up else nobody(), name, url]
        child = subprocess.Popen([*command, str(calls)], cwd=ROOT, stdout=subprocess.PIPE)
        assert child.stdout is not None
        last, seen = chance.randrange(calls // 2, calls), 0
        for line in child.stdout:
            seen += 1
            if int(line) == last:
                child.send_signal(signal.SIGKILL)
                break
        seen += len(child.stdout.read().split())
        if child.wait(30) != -signal.SIGKILL:
            raise SystemExit(f"the app has ended by itself: {child.returncode}")
        returned = {f"call {number}" for number in range(seen)}
        windvane.init(file.endpoint, "killed", spool_dir=name)
        deadline = time.monotonic() + _WAIT_S
        while not returned <= set(found := arrived(file.path)) and time.monotonic() < deadline:
            time.sleep(0.2)
        windvane.shutdown()
    return Counter(
        returned=len(returned), lost=len(returned - set(found)), more=len(set(found) - returned),
        twice=sum(count - 1 for count in found.values()),
    )  # fmt: skip


def main() -> None:
    """Run, and print the figures, and which of them miss their goal."""
    if sys.argv[1:2] == ["--app"]:
        endpoint, folder, url, calls = sys.argv[2:]
        return app(endpoint, folder, url, int(calls))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--calls", type=int, default=1000, help="of each app (default: 1000)")
    parser.add_argument("--rounds", type=int, default=5, help="with the endpoint up, and as many down (default: 5)")
    parser.add_argument("--seed", type=int, default=7, help="of when it is killed (default: 7)")
    given = parser.parse_args()
    chance, figures = random.Random(given.seed), dict[str, object]()
    with tempfile.TemporaryDirectory(prefix="windvane-killed-") as name:
        provider = Child([sys.executable, "-m", "tests.servers.providers"], Path(name) / "provider.log")
        try:
            while not (said := (Path(name) / "provider.log").read_text().strip()):
                time.sleep(0.1)
            for where in ("up", "down"):
                sums: Counter[str] = Counter(returned=0, lost=0, twice=0, more=0)
                for _ in range(given.rounds):
                    sums.update(killed(said, given.calls, chance, up=where == "up"))
                figures |= {f"{what}_{where}": count for what, count in sums.items()}
        finally:
            provider.terminate()
    figures["missed"] = [goal for goal in GOALS if figures[goal]]
    report(figures, given.json)
    return None


if __name__ == "__main__":
    main()
