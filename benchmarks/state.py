"""What an event costs before it is inserted, as series grow; and how long a worker takes to have 10,000 series again.

    python -m benchmarks.state [--json]

Blocks of 20,000 events, about 100 words each of prompt and response, go the real way: decode, gather, score, tables.
Then the state of 10,000 series is saved in chDB, 5 s of traffic at 20,000 events/s follow it, and a new scorer takes
the partition over: it loads the snapshot and scores what came after it again.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.common import events, report
from windvane.collectors.block import Home
from windvane.collectors.event import Row
from windvane.collectors.log.base import Stored
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer
from windvane.storage.store import ClickHouseStore
from windvane.stream.block import gather, open_record
from windvane.stream.detector import Detector, EventSignal
from windvane.stream.partition import Limits, PartitionScorer
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import make_pipeline
from windvane.stream.seen import Seen
from windvane.stream.tables import tables_of

BLOCK: Final = 20_000
HOME: Final = Home("bench", 0)
STAGES: Final = ("decode", "gather", "score", "tables")
HOMES: Final = 40
"""Services times models: an envelope holds the events of one, so this many envelopes of 500 make a block."""
RATE: Final = 20_000
"""More than one worker scores."""
SNAPSHOT_S: Final = 5


def rows(series: int, *, homes: int = HOMES, seed: int = 0) -> list[Row]:
    """Return a block of events, spread over the series in turn; those of one home differ by prompt version."""
    homes = min(homes, series)
    made = []
    for number, event in enumerate(events(BLOCK, seed=seed)):
        version, home = divmod(number % series, homes)
        event |= {"service": f"service-{home % 100}", "model": f"model-{home // 100}", "prompt_version": f"v{version}"}
        event["prompt"] = f"{event['response']}\n{event['prompt'][:50]}"
        made.append(normalize(event))
    return made


def records(block: Iterable[Row], source: str, offset: int) -> list[Stored]:
    """Return the block as the log holds it."""
    packed = Packer(source).pack(block)
    return [
        Stored(HOME.topic, 0, offset + n, 1_700_000_000_000_000, b"", record) for n, (_, record) in enumerate(packed)
    ]


def stages(pipeline: Pipeline, seen: Seen, found: list[Stored]) -> list[float]:
    """Score one block; return the CPU microseconds per event of each stage."""
    marks = [time.process_time()]
    opened = [open_record(record) for record in found]
    marks.append(time.process_time())
    held = gather(found, opened, seen)
    batch = held.batch()
    marks.append(time.process_time())
    scored = pipeline.score(batch)
    marks.append(time.process_time())
    assert tables_of(HOME, scored, held.letters)["events"].num_rows == BLOCK
    marks.append(time.process_time())
    return [(end - begin) / BLOCK * 1e6 for begin, end in zip(marks, marks[1:], strict=False)]


def growth(series: int, *, homes: int = HOMES, blocks: int = 7) -> list[float]:
    """Return the median microseconds per event of each stage; the first blocks, which warm up, are left out."""
    pipeline, seen, block = make_pipeline(), Seen(), rows(series, homes=homes)
    taken = [stages(pipeline, seen, records(block, f"source-{n}", n * BLOCK)) for n in range(blocks)]
    return [median(stage) for stage in zip(*taken[2:], strict=True)]


def alone(series: int = 1_000) -> dict[str, float]:
    """Return the CPU microseconds per event that each signal and detector takes by itself, sharing nothing."""
    pipeline, block = make_pipeline(), rows(series)
    scorers: list[EventSignal | Detector] = [*pipeline.signals, *pipeline.detectors]
    taken: dict[str, list[float]] = {}
    for turn in range(5):
        for scorer in scorers:
            found = records(block, f"{scorer.name}-{turn}", 0)
            batch = gather(found, [open_record(record) for record in found], Seen()).batch()
            members = pipeline.members(batch)
            begin = time.process_time()
            if isinstance(scorer, Detector):
                scorer.update(batch, members)
            else:
                scorer.score(batch)
            taken.setdefault(str(scorer.name), []).append((time.process_time() - begin) / BLOCK * 1e6)
    return {name: median(each[1:]) for name, each in taken.items()}


def restart(directory: Path, series: int = 10_000) -> dict[str, float]:
    """Return the seconds that a new owner of the partition takes until it is where the last one was."""
    store = ClickHouseStore(f"chdb://{directory / 'store'}")
    store.prepare()
    block = rows(series)
    owner = scorer(store)
    for number in range(3):
        feed(owner, records(block, f"before-{number}", owner.next_offset))
    begin = time.perf_counter()
    owner.save()
    saved = time.perf_counter()
    after: list[Stored] = []
    for number in range(RATE * SNAPSHOT_S // BLOCK):
        found = records(block, f"after-{number}", owner.next_offset)
        feed(owner, found)
        after += found
    begun, cpu = time.perf_counter(), time.process_time()
    heir = scorer(store)
    loaded = time.perf_counter()
    feed(heir, after)
    ended, cpu = time.perf_counter(), time.process_time() - cpu
    assert heir.written_offset == owner.written_offset and not heir.replaying
    store.close()
    return {"save_s": saved - begin, "load_s": loaded - begun, "restart_s": ended - begun, "restart_cpu_s": cpu}


def scorer(store: ClickHouseStore) -> PartitionScorer:
    made = PartitionScorer(HOME, make_pipeline(), store, Limits(BLOCK, 3600.0, 3600.0), clock=time.monotonic)
    made.recover()
    return made


def feed(to: PartitionScorer, found: Iterable[Stored]) -> None:
    for record in found:
        to.add(record)
        if to.due():
            to.write()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON line")
    as_json = parser.parse_args().json
    figures: dict[str, float] = {}
    for series in (10, 100, 1_000, 10_000):
        taken = growth(series)
        figures |= {f"{stage}_us_{series}": round(us, 2) for stage, us in zip(STAGES, taken, strict=True)}
        figures[f"us_per_event_{series}"] = round(sum(taken), 2)
    figures["ratio_10000_to_10"] = round(figures["us_per_event_10000"] / figures["us_per_event_10"], 2)
    # Every series a home of its own: two events to an envelope.
    figures |= {
        f"{stage}_us_thin": round(us, 2) for stage, us in zip(STAGES, growth(10_000, homes=10_000), strict=True)
    }
    figures |= {f"{name}_us": round(us, 2) for name, us in alone().items()}
    with tempfile.TemporaryDirectory() as directory:
        figures |= {name: round(seconds, 2) for name, seconds in restart(Path(directory)).items()}
    report(figures, as_json)


if __name__ == "__main__":
    main()
