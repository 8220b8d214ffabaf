"""`windvane replay`: a file of calls into any endpoint, resumable, each event once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from windvane.cli.files import Mapping_, fields, read_files
from windvane.cli.options import json_option, map_options
from windvane.cli.progress import progress
from windvane.collectors.event import INDEX, Row
from windvane.collectors.packing import Packer
from windvane.collectors.transport.base import Transport
from windvane.collectors.transport.opening import check_endpoint, open_transport
from windvane.errors import InputError, TransportError
from windvane.settings import state_home

__all__ = ["Outcome", "command", "replay"]

_ID, _TIME = INDEX["id"], INDEX["time"]
_ROWS: Final = 2_000
_PATIENCE_S: Final = 60.0


class Outcome(msgspec.Struct):
    """What a replay did, and the checkpoint it goes on from."""

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
    "--to",
    "endpoint",
    required=True,
    metavar="URL",
    help="kafka://host:port[/topic], http://host:port or file:///path.",
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
    columns: tuple[str, ...],
    constants: tuple[str, ...],
    speed: float | None,
    limit: int | None,
    again: bool,
    as_json: bool,
) -> None:
    """Send the calls in FILES (CSV, TSV or JSON lines) to an endpoint.

    Columns that have an event field's name are read as that field; others need --map, or are kept in `attributes`.
    Stopped half-way, the same command goes on where it was; no event is stored twice, even if it was sent twice.

    \b
    Example:
      windvane replay trace.csv --to http://127.0.0.1:7070 --set service=azure \\
        --map TIMESTAMP=time --map ContextTokens=input_tokens --map GeneratedTokens=output_tokens
    """
    check_endpoint(endpoint)
    mapping = Mapping_(fields(columns, option="--map", known="value"), fields(constants, option="--set", known="name"))
    source = fingerprint(files, mapping) + (f"-{time.time_ns()}" if again else "")
    checkpoint = state_home() / "windvane" / "replay" / f"{source}-{_digest(endpoint)}.json"
    before = _load(checkpoint, source)
    transport = open_transport(endpoint)
    try:
        with progress("lines read", limit) as advance:

            def keep(outcome: Outcome) -> None:
                _save(checkpoint, outcome)
                advance(outcome.lines)

            outcome = replay(files, mapping, transport, source, done=before.lines, limit=limit, speed=speed, keep=keep)
    finally:
        transport.close()
    if as_json:
        click.echo(msgspec.json.encode(outcome).decode())
        return
    for example in outcome.examples:
        click.echo(f"refused: {example}", err=True)
    told = f"{outcome.sent} events sent to {endpoint} as {source}, {outcome.refused} lines refused"
    if outcome.skipped:
        told += f", {outcome.skipped} had been sent before (--again sends them as new events)"
    click.echo(told)


def replay(
    files: tuple[Path, ...],
    mapping: Mapping_,
    transport: Transport,
    source: str,
    *,
    done: int = 0,
    limit: int | None = None,
    speed: float | None = None,
    keep: Callable[[Outcome], None] = lambda _: None,
) -> Outcome:
    """Send every event after the first `done` lines; `keep` is told after each part that is durable.

    Raises:
        TransportError: the endpoint did not answer for a minute; what is durable was told to `keep`.
    """
    outcome, packer = Outcome(source), Packer(source)
    part: list[Row] = []
    pace = _Pace(speed)

    def flush() -> None:
        _send(transport, packer.pack(part))
        outcome.sent += len(part)
        part.clear()
        keep(outcome)

    for read in islice(read_files(files, mapping), limit):
        outcome.lines += 1
        if read.row is None:
            outcome.refused += 1
            if len(outcome.examples) < 5:
                outcome.examples.append(f"line {read.line}: {read.refused}")
            continue
        row = read.row if read.row[_ID] else (f"{source}-{outcome.lines}", *read.row[1:])
        if outcome.lines <= done:
            packer.skip(row)
            outcome.skipped += 1
            continue
        if part and (len(part) >= _ROWS or pace.must_wait(row[_TIME])):
            flush()
        pace.wait(row[_TIME])
        part.append(row)
    if part:
        flush()
    keep(outcome)
    return outcome


class _Pace:
    """Holds events back to their own pace, `speed` times as fast."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._first: tuple[float, int] | None = None

    def _ahead(self, time_us: int | None) -> float:
        if self._speed is None or time_us is None:
            return 0.0
        if self._first is None:
            self._first = time.monotonic(), time_us
        return self._first[0] + (time_us - self._first[1]) / 1e6 / self._speed - time.monotonic()

    def must_wait(self, time_us: int | None) -> bool:
        return self._ahead(time_us) > 0.05

    def wait(self, time_us: int | None) -> None:
        if (ahead := self._ahead(time_us)) > 0:
            time.sleep(ahead)


def _send(transport: Transport, envelopes: list[tuple[str, bytes]]) -> None:
    """Send until durable, for a minute. A repeat does no harm: it is recognized by source and number."""
    deadline, wait_s = time.monotonic() + _PATIENCE_S, 0.2
    for some in _within(envelopes, 4 << 20):
        while True:
            try:
                transport.send(some)
                break
            except TransportError:
                if time.monotonic() + wait_s > deadline:
                    raise
                time.sleep(wait_s)
                wait_s = min(2 * wait_s, 5.0)


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


def fingerprint(files: tuple[Path, ...], mapping: Mapping_) -> str:
    """Return the source of a replay: the same files read in the same way are the same events.

    Raises:
        InputError: a file cannot be read.
    """
    digest = hashlib.blake2b(
        repr((sorted(mapping.columns.items()), sorted(mapping.constants.items()))).encode(), digest_size=8
    )
    for path in files:
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
    return f"replay-{digest.hexdigest()}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _load(path: Path, source: str) -> Outcome:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Outcome)
    except (OSError, msgspec.DecodeError):
        return Outcome(source)


def _save(path: Path, outcome: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(outcome))
    new.replace(path)
