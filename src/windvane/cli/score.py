"""`windvane score`: the pipeline over a file, without log or store."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import click
import msgspec
import numpy as np

from windvane.cli.files import Mapping_, Read, fields, read_files
from windvane.cli.options import map_options
from windvane.cli.progress import progress
from windvane.collectors.event import INDEX, Row
from windvane.errors import InputError
from windvane.settings import setting
from windvane.stream.batch import Batch
from windvane.stream.pipeline import Pipeline, Scored
from windvane.stream.registry import make_pipeline

__all__ = ["command", "score_lines"]

_ID, _TIME, _SERVICE = INDEX["id"], INDEX["time"], INDEX["service_name"]
_BASE_US: Final = 946_684_800_000_000
"""Events without a time are taken a second apart from 2000-01-01: the output must not depend on our clock."""
_encode: Final = msgspec.json.Encoder(decimal_format="string", enc_hook=str).encode


@click.command("score")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where the scored events go; default: stdout.")
@click.option("--signals", type=click.Path(path_type=Path), help="Where the changes of state of the series signals go.")
@map_options
@click.option("--limit", type=click.IntRange(min=1), help="Score only the first N events.")
@click.option(
    "--detector", "detectors", multiple=True, help="Series detector; may be repeated. See WINDVANE_DETECTORS."
)
def command(
    files: tuple[Path, ...],
    output: Path | None,
    signals: Path | None,
    columns: tuple[str, ...],
    constants: tuple[str, ...],
    limit: int | None,
    detectors: tuple[str, ...],
) -> None:
    """Score FILES (CSV, TSV or JSON lines) and write one JSON line per event: what was given, its id, its signals.

    The lines stand in the input's order; the same input gives the same output, byte for byte. A line that is no event
    is written back with `refused` and the reason.

    \b
    Examples:
      windvane score answers.jsonl --map d1=context --map d2=response --map query=prompt -o scored.jsonl
      windvane score trace.csv --map TIMESTAMP=time --map GeneratedTokens=output_tokens --signals changes.jsonl
    """
    mapping = Mapping_(fields(columns, option="--map", known="value"), fields(constants, option="--set", known="name"))
    pipeline = make_pipeline(detectors or None)
    block = setting("block_rows")
    with ExitStack() as stack:
        to = stack.enter_context(_writer(output))
        changes_to = stack.enter_context(_writer(signals)) if signals else None
        advance = stack.enter_context(progress("events scored", limit))
        reads = islice(read_files(files, mapping), limit)
        done = refused = 0
        while part := list(islice(reads, block)):
            lines, changes = score_lines(pipeline, part, done)
            to.writelines(lines)
            if changes_to:
                changes_to.writelines(changes)
            done += len(part)
            refused += sum(1 for read in part if read.row is None)
            advance(done)
    click.echo(f"{done} lines, {refused} refused", err=True)
    for name, count in pipeline.failures.items():
        click.echo(f"{name} failed on {count} batches; its values are absent there", err=True)


def _writer(path: Path | None) -> BinaryIO:
    try:
        return open(path, "wb") if path else open(sys.stdout.fileno(), "wb", closefd=False)  # noqa: SIM115 (the caller's stack)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def score_lines(pipeline: Pipeline, reads: list[Read], before: int) -> tuple[Iterator[bytes], Iterator[bytes]]:
    """Score a block of lines, `before` of which came earlier; return the lines of events and of changes."""
    rows = [_named(read.row, before + place) for place, read in enumerate(reads) if read.row is not None]
    nothing = np.zeros(len(rows), np.int64)
    scored = pipeline.score(Batch(rows, nothing, nothing.astype(np.int32), nothing, [""] * len(rows)))
    return _events(reads, scored, rows), _changes(scored, rows)


def _named(row: Row, number: int) -> Row:
    cells = list(row)
    cells[_ID] = cells[_ID] or str(number)
    cells[_TIME] = cells[_TIME] or _BASE_US + number * 1_000_000
    cells[_SERVICE] = cells[_SERVICE] or "unknown_service"
    return tuple(cells)


def _events(reads: list[Read], scored: Scored, rows: list[Row]) -> Iterator[bytes]:
    values = {str(name): column.tolist() for name, column in scored.values.items()}
    place = 0
    for read in reads:
        line: dict[str, Any] = dict(read.given)
        if read.refused is not None:
            line["refused"] = {"reason": read.refused.reason, "detail": read.refused.detail, "line": read.line}
        else:
            line["id"] = line.get("id", rows[place][_ID])
            # NaN, a signal that has nothing to say, is written as null.
            line |= {name: column[place] for name, column in values.items()}
            place += 1
        yield _encode(line) + b"\n"


def _changes(scored: Scored, rows: list[Row]) -> Iterator[bytes]:
    for change in scored.changes:
        line: Mapping[str, Any] = {
            "time": _iso(rows[change.row][_TIME]),
            "signal": str(change.signal),
            "series": scored.series[change.series]._asdict(),
            "state": change.state,
            "since": _iso(change.since_us),
            "event_id": rows[change.row][_ID],
            "evidence": change.evidence,
        }
        yield _encode(line) + b"\n"


def _iso(time_us: int) -> str:
    return str(np.datetime64(time_us, "us")) + "Z"
