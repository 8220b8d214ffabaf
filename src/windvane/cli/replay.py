"""`windvane replay`: a file of calls into any endpoint, resumable, each event once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
import msgspec

from windvane.cli.checkpoint import Checkpoint, fingerprint
from windvane.cli.files import check_columns, read_files
from windvane.cli.mapping import FieldMap
from windvane.cli.options import json_option, map_options
from windvane.cli.pace import Pace
from windvane.cli.progress import progress
from windvane.cli.stopping import Stopped
from windvane.collectors.event import INDEX, Row
from windvane.collectors.packing import Packer
from windvane.collectors.transport.base import Transport
from windvane.collectors.transport.opening import check_endpoint, open_transport
from windvane.errors import TransportError

__all__ = ["Outcome", "command", "replay"]

_ID: Final = INDEX["id"]
_ROWS: Final = 2_000
_PATIENCE_S: Final = 60.0


class Outcome(msgspec.Struct):
    """What a replay did."""

    source: str
    lines: int = 0
    """Lines read so far, refused ones included."""
    sent: int = 0
    refused: int = 0
    skipped: int = 0
    """Events that an earlier run had sent: not sent again."""
    examples: list[str] = []
    """The first lines that were refused, each with its reason."""


@click.command("replay")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to", "endpoint", metavar="URL", required=True, help="kafka://host:port[/topic], http://host:port, file:///path."
)
@map_options
@click.option(
    "--speed", type=click.FloatRange(min=0.001), help="Keep the events' own pace, X times as fast; default: at once."
)
@click.option("--limit", type=click.IntRange(min=1), help="Read only the first N lines.")
@click.option("--again", is_flag=True, help="Send as new events what was sent before.")
@json_option
def command(
    files: tuple[Path, ...],
    endpoint: str,
    maps: tuple[str, ...],
    sets: tuple[str, ...],
    speed: float | None,
    limit: int | None,
    again: bool,
    as_json: bool,
) -> None:
    """Send the calls in FILES (CSV, JSON lines or a JSON array, also .gz) to an endpoint.

    Columns that have an event field's name are read as that field; others need --map, or are kept in `attributes`.
    Stopped half-way, the same command goes on where it was; no event is stored twice, even if it was sent twice. An
    endpoint that does not answer is tried for a minute. Exit code 1 if every line was refused.

    \b
    Example:
      windvane replay trace.csv --to http://127.0.0.1:7070 --set service=azure \\
        --map TIMESTAMP=time --map ContextTokens=input_tokens --map GeneratedTokens=output_tokens
    """
    check_endpoint(endpoint)
    fields = FieldMap(maps, sets)
    source = fingerprint(files, fields) + (f"-{time.time_ns()}" if again else "")
    check_columns(files, fields)
    checkpoint = Checkpoint(source, endpoint)
    transport = open_transport(endpoint)
    try:
        with progress("lines read", limit) as advance:

            def keep(outcome: Outcome) -> None:
                checkpoint.keep(outcome.lines)
                advance(outcome.lines)

            done = checkpoint.lines
            outcome = replay(files, fields, transport, source, done=done, limit=limit, speed=speed, keep=keep)
    except Stopped as stop:
        stop.told = f"{checkpoint.lines} lines are sent; the same command goes on from there"
        raise
    except TransportError as error:
        remedy = f"{checkpoint.lines} lines are sent; once it answers, the same command goes on from there"
        raise TransportError(f"{error}. {remedy}") from error
    finally:
        transport.close()
    _tell(outcome, endpoint, as_json=as_json)
    sys.exit(1 if outcome.refused and outcome.refused == outcome.lines else 0)


def _tell(outcome: Outcome, endpoint: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(outcome).decode())
        return
    for example in outcome.examples:
        click.echo(f"refused: {example}", err=True)
    place = urlsplit(endpoint)
    # Without what stands before the @: it may be a token.
    where = place._replace(netloc=place.netloc.rpartition("@")[2]).geturl()
    told = f"{outcome.sent} events sent to {where} as {outcome.source}, {outcome.refused} lines refused"
    if outcome.skipped:
        told += f", {outcome.skipped} had been sent before (--again sends them as new events)"
    click.echo(told)


def replay(
    files: tuple[Path, ...],
    fields: FieldMap,
    transport: Transport,
    source: str,
    *,
    done: int = 0,
    limit: int | None = None,
    speed: float | None = None,
    keep: Callable[[Outcome], None] = lambda _: None,
) -> Outcome:
    """Send every event after the first `done` lines; `keep` is told whenever all lines so far are durable.

    Raises:
        TransportError: the endpoint did not answer for a minute; what is durable was told to `keep`.
    """
    outcome, packer = Outcome(source), Packer(source)
    part: list[Row] = []
    pace = Pace(speed)

    def flush() -> None:
        _send(transport, packer.pack(part))
        outcome.sent += len(part)
        part.clear()
        keep(outcome)

    for number, read in enumerate(islice(read_files(files, fields), limit), 1):
        if part and (len(part) >= _ROWS or pace.must_flush(read.row)):
            # Before this line is counted: what is told to `keep` is durable.
            flush()
        outcome.lines = number
        if read.row is None:
            outcome.refused += 1
            if len(outcome.examples) < 5:
                outcome.examples.append(f"line {read.line}: {read.refused}")
            continue
        row = read.row if read.row[_ID] else (f"{source}-{number}", *read.row[1:])
        if number > done:
            pace.wait(row)
            part.append(row)
        else:
            packer.skip(row)
            outcome.skipped += 1
    if part:
        flush()
    keep(outcome)
    return outcome


def _send(transport: Transport, envelopes: list[tuple[str, bytes]]) -> None:
    """Send until durable, for a minute. A repeat does no harm: it is recognized by source and number."""
    for some in _within(envelopes, 4 << 20):
        deadline, wait_s = time.monotonic() + _PATIENCE_S, 0.0
        while True:
            try:
                transport.send(some)
                break
            except TransportError as error:
                if not wait_s:
                    click.echo(f"{error}; trying again for {_PATIENCE_S:.0f} s", err=True)
                wait_s = min(max(2 * wait_s, error.retry_after or 0.2), 5.0)
                if time.monotonic() + wait_s > deadline:
                    raise
                time.sleep(wait_s)


def _within(envelopes: list[tuple[str, bytes]], size: int) -> Iterator[list[tuple[str, bytes]]]:
    some: list[tuple[str, bytes]] = []
    total = 0
    for envelope in envelopes:
        if some and total + len(envelope[1]) > size:
            yield some
            some, total = [], 0
        some.append(envelope)
        total += len(envelope[1])
    if some:
        yield some
