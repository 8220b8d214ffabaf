"""`windvane score`: the pipeline over a file, without log or store."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import click
import msgspec
import numpy as np

from windvane.cli.files import STDIN, Read, check_columns, read_files
from windvane.cli.mapping import GIVEN, FieldMap
from windvane.cli.memory import keep_memory
from windvane.cli.options import map_options
from windvane.cli.progress import progress
from windvane.collectors.event import INDEX, Row
from windvane.errors import ConfigError, EventRefused, InputError
from windvane.settings import setting
from windvane.stream.batch import Batch
from windvane.stream.pipeline import Pipeline, Scored
from windvane.stream.registry import make_pipeline
from windvane.stream.warm import warm

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
@click.option("--limit", type=click.IntRange(min=1), help="Score only the first N lines.")
@click.option(
    "--detector", "detectors", multiple=True, metavar="NAME",
    help="Series detector, in place of those of WINDVANE_DETECTORS; may be repeated. Ours, one of an installed package,"
    " or one of river's: 'river.drift.ADWIN(delta=0.002) on latency'.",
)  # fmt: skip
def command(
    files: tuple[Path, ...],
    output: Path | None,
    signals: Path | None,
    maps: tuple[str, ...],
    sets: tuple[str, ...],
    limit: int | None,
    detectors: tuple[str, ...],
) -> None:
    """Score FILES (CSV, JSON lines or a JSON array, also .gz; - is JSON lines on stdin); write a JSON line per event.

    The lines stand in the input's order. Each holds all that was given, the event's `id` (its place in the input, from
    0, where none is given), and each event signal by name: a number or a note, or null where it says nothing. A given
    column of the name of a signal, or of an `id` that is not the event's, stands as `given.` and its name. A line that
    is no event is written back with `refused`: the reason, and its text where it could not be decoded.

    --signals gets a JSON line per change of state of a series: time, signal, series, state (fired or recovered), since,
    event_id (the event at which it changed), evidence. The same input gives the same output, byte for byte.

    \b
    Examples:
      windvane score answers.jsonl --map d1=context --map d2=response --map query=prompt -o scored.jsonl
      windvane score trace.csv --map TIMESTAMP=time --map GeneratedTokens=output_tokens --signals changes.jsonl
    """
    fields = FieldMap(maps, sets)
    pipeline = make_pipeline(detectors or None)
    keep_memory()
    _spare_inputs(files, output, signals)
    if STDIN not in files:
        check_columns(files, fields)
    try:
        lines, refused = _score(files, fields, pipeline, output, signals, limit)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"{error.filename or output or 'the output'}: {error.strerror}") from error
    click.echo(f"{lines} lines, {refused} refused", err=True)
    for name, count in pipeline.failures.items():
        click.echo(f"{name} failed on {count} batches; its values are absent there", err=True)


def _score(files: tuple[Path, ...], fields: FieldMap, pipeline: Pipeline, output: Path | None, signals: Path | None,
           limit: int | None) -> tuple[int, int]:  # fmt: skip
    block = setting("block_rows")
    done = refused = 0
    with ExitStack() as stack:
        to = stack.enter_context(_writer(output))
        changes_to = stack.enter_context(_writer(signals)) if signals else None
        # A bar among the lines would be in their way.
        shown = output is not None or not sys.stdout.isatty()
        advance = stack.enter_context(progress("lines scored", limit, shown=shown))
        reads = islice(read_files(files, fields), limit)
        while part := list(islice(reads, block)):
            if not done:  # whatever is wrong with a file was said before this took its time
                warm(partial(click.echo, err=True))
            lines, changes = score_lines(pipeline, part, done)
            to.writelines(lines)
            if changes_to:
                changes_to.writelines(changes)
            done += len(part)
            refused += sum(1 for read in part if read.row is None)
            advance(done)
    return done, refused


def _spare_inputs(files: tuple[Path, ...], *outputs: Path | None) -> None:
    """See that no output is one of the inputs, or the other output: it would be emptied before it is read."""
    there = [path.resolve() for path in files]
    for path in outputs:
        if path is not None:
            if path.resolve() in there and (path.is_file() or not path.exists()):
                raise ConfigError(f"{path} is an input or the other output, too: it would be overwritten. Name another")
            there.append(path.resolve())


def _writer(path: Path | None) -> BinaryIO:
    return open(path, "wb") if path else open(sys.stdout.fileno(), "wb", closefd=False)  # noqa: SIM115 (the caller's stack)


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
    # NaN, a signal that has nothing to say, is written as null.
    values = {str(name): column.tolist() for name, column in scored.values.items()}
    values |= {str(name): column.to_pylist() for name, column in scored.notes.items()}
    place = 0
    for read in reads:
        if read.refused is not None:
            ours: dict[str, Any] = {"refused": _refusal(read, read.refused)}
        else:
            name = rows[place][_ID]
            ours = {"id": read.given["id"] if str(read.given.get("id")) == name else name}
            ours |= {signal: column[place] for signal, column in values.items()}
            place += 1
        given = {_beside(ours, name, value): value for name, value in read.given.items()}
        yield _encode(given | ours) + b"\n"


def _beside(ours: dict[str, Any], name: str, value: Any) -> str:
    return GIVEN + name if name in ours and ours[name] != value else name


def _refusal(read: Read, why: EventRefused) -> dict[str, Any]:
    told: dict[str, Any] = {"reason": why.reason, "detail": why.detail, "line": read.line}
    return told | {"text": read.text} if read.text else told


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
