"""kill -9 at random moments under steady load, until all settles: is every event whose emit() returned stored once?

Victims: the app (a process with windvane.init and emit), the Faust workers (two, alone or together), the broker, and
`windvane up`; between, the store refuses inserts for a while. Ends with exit code 1 if an event was lost or doubled, a
rollup differs from a recount, the ledger does not balance, or a part ended that was not killed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import windvane
from benchmarks.common import report
from benchmarks.scenes import SERVICE, Scene, cluster_scene, local_scene
from tests.running import rollup_mismatches

SETTLE_S = 180.0


def emit(endpoint: str, folder: Path, rate: float) -> None:
    """Be the app: emit at `rate` until SIGTERM; write each id down after its emit() has returned."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    windvane.init(endpoint, SERVICE, spool_dir=folder / "spool")
    chance, began = random.Random(os.getpid()), time.monotonic()
    with (folder / f"{os.getpid()}-{time.time_ns()}.emitted").open("ab", buffering=0) as noted:
        for number in itertools.count():
            while (ahead := began + number / rate - time.monotonic() if rate else 0.2) > 0 and not ended:
                time.sleep(min(ahead, 0.2))
            if ended:
                break
            name = windvane.emit(
                model=f"m{number % 12}",
                operation="chat",
                prompt="why is the sky blue",
                response="it scatters",
                input_tokens=chance.randrange(4000),
                output_tokens=chance.choice([None, 7, 300]),
                latency=chance.randrange(1, 4096) / 64,
                error="timeout" if chance.random() < 0.1 else None,
            )
            noted.write(f"{name}\n".encode())
    windvane.shutdown(20.0)


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def wait(true: Callable[[], bool], timeout_s: float) -> bool:
    """Return whether something came to be so within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not (so := true()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return so


def torment(scene: Scene, kills: int, chance: random.Random) -> None:
    """Kill until `kills` have died. Most times work goes on before the next; at times it strikes at once."""
    scene.start_app()
    if not wait(lambda: scene.stored() > 0, 90):
        raise SystemExit(f"{scene.name}: nothing is stored before the first kill; see {scene.folder}")
    while (done := sum(scene.kills.values())) < kills:
        most = min(kills - done, len(scene.victims), chance.choice([1, 2, 3]))
        victims = chance.sample(scene.victims, most)
        refusing = scene.refuse is not None and chance.random() < 0.25
        if scene.refuse is not None:
            scene.refuse(refusing)
        for victim in victims:
            time.sleep(chance.uniform(0, 1.5))
            if not victim.kill():
                scene.ended_unasked += 1
                say(f"{scene.name}: the {victim.name} had ended by itself: {victim.last_words()}")
            scene.kills[victim.name] += 1
        time.sleep(chance.uniform(0, 1.5))
        if scene.refuse is not None:
            scene.refuse(False)
        for victim in chance.sample(victims, most):
            victim.start()
        before = scene.stored()
        worked = wait(lambda before=before: scene.stored() > max(0, before), 60 if chance.random() < 0.7 else 2)  # type: ignore[misc]
        names = " ".join(victim.name for victim in victims)
        say(f"{scene.name}: {done + most}/{kills} {names}{' (store refused)' * refusing} {'' if worked else '…'}")


def settled(scene: Scene) -> dict[str, int]:
    """End the load, let everything be sent and stored, and count."""
    assert scene.app is not None
    scene.app.terminate(60)
    scene.start_app(rate=0.0)  # sends what is left
    known = scene.emitted()
    say(f"{scene.name}: {len(known)} emitted; settling")

    def ids() -> list[str]:
        return [row["id"] for row in scene.query(f"SELECT id FROM events WHERE service_name = '{SERVICE}'")]

    wait(lambda: scene.stored() >= len(known) and known <= set(ids()), SETTLE_S)
    open_blocks = "SELECT sum(writing) AS n FROM ledger"
    wait(lambda: int(scene.query(open_blocks)[0]["n"]) == 0, 60)
    found = ids()
    ledger = scene.query("SELECT * FROM ledger")
    return {
        "accepted": len(known),
        "stored": len(found),
        "lost": len(known - set(found)),
        "doubled": len(found) - len(set(found)),
        "rollup_mismatches": rollup_mismatches(scene.query, SERVICE),
        "unbalanced": sum(not row["balanced"] for row in ledger),
        "repeats_skipped": sum(int(row["duplicates"]) for row in ledger),
        "ended_unasked": scene.ended_unasked,
        "dead_letters": int(scene.query("SELECT count() AS n FROM dead_letters")[0]["n"]),
    }


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="how many processes are killed in all")
    parser.add_argument("--setting", choices=["local", "cluster", "both"], default="both")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of victims and moments")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--as-app", nargs=3, metavar=("ENDPOINT", "FOLDER", "RATE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.as_app:
        endpoint, folder, rate = given.as_app
        return emit(endpoint, Path(folder), float(rate))
    chance, began = random.Random(given.seed), time.monotonic()
    scenes = {"local": [local_scene], "cluster": [cluster_scene], "both": [local_scene, cluster_scene]}[given.setting]
    kills: Counter[str] = Counter()
    figures: Counter[str] = Counter()
    for left, scene in zip(range(len(scenes), 0, -1), scenes, strict=True):
        with scene() as running:
            torment(running, (given.kills - sum(kills.values())) // left, chance)
            figures.update(settled(running))
            kills += running.kills
    figures["seconds"] = round(time.monotonic() - began)
    told = {"benchmark": "chaos", "seed": given.seed, "kills": sum(kills.values())}
    report({**told, **{f"kills_{name}": count for name, count in sorted(kills.items())}, **figures}, given.json)
    if any(figures[name] for name in ("lost", "doubled", "rollup_mismatches", "unbalanced", "ended_unasked")):
        sys.exit(1)
    return None


if __name__ == "__main__":
    main()
