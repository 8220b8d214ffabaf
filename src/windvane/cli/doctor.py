"""`windvane doctor`: each thing the pipeline stands on, and what to do where it does not hold."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import click
import msgspec

from windvane.cli.options import dir_option, json_option, setting_option, store_option
from windvane.errors import DirectoryInUse, LogError, MigrationError, StoreError
from windvane.settings import setting, state_home

__all__ = ["Finding", "command"]

State = Literal["well", "ill", "passed over"]
_MARK: Final = {"well": "ok  ", "ill": "ILL ", "passed over": "--  "}
_PINNED: Final = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}
_NEEDED: Final = ("msgspec", "kafka-python", "crc32c", "zstandard", "numpy", "pyarrow", "clickhouse-connect")


class Finding(msgspec.Struct):
    """One thing that was looked at. `remedy` is empty where it is well."""

    what: str
    state: State
    fact: str
    remedy: str = ""


@click.command("doctor")
@setting_option("--bootstrap", "bootstrap")
@setting_option("--topic", "topic")
@store_option
@dir_option
@click.option("--local", is_flag=True, help="Look at the local pipeline only; Kafka is not expected.")
@json_option
def command(
    bootstrap: str | None, topic: str | None, store: str | None, dir: Path | None, local: bool, as_json: bool
) -> None:
    """Look at versions, disk, store, broker and clock; say what to do about each finding. Exit code 1 if one is ill.

    \b
    Examples:
      windvane doctor --local
      windvane doctor --bootstrap 127.0.0.1:9092 --store http://127.0.0.1:8123
    """
    home = Path(setting("dir", dir))
    findings = [*_versions(local=local), *_disk(home), *_spool(), *_store(store, home)]
    if not local:
        findings += _broker(setting("bootstrap", bootstrap), setting("topic", topic))
    well = all(finding.state != "ill" for finding in findings)
    if as_json:
        click.echo(msgspec.json.encode({"well": well, "findings": findings}).decode())
    else:
        for finding in findings:
            click.echo(f"{_MARK[finding.state]} {finding.what}: {finding.fact}")
            if finding.remedy:
                click.echo(f"       {finding.remedy}")
    sys.exit(0 if well else 1)


def _versions(*, local: bool) -> Iterator[Finding]:
    python = sys.version.split()[0]
    yield Finding("python", "well", python)
    for name in (*_NEEDED, *(() if local else _PINNED)):
        try:
            there = version(name)
        except PackageNotFoundError:
            state: State = "ill" if name in _NEEDED else "passed over"
            yield Finding(name, state, "not installed", "pip install 'windvane[local]', or [cluster] for workers")
            continue
        wanted = _PINNED.get(name, there)
        remedy = "" if there == wanted else f"pip install '{name}=={wanted}': the worker builds on its internals"
        yield Finding(name, "well" if there == wanted else "ill", there, remedy)


def _disk(home: Path) -> Iterator[Finding]:
    there = _nearest(home)
    free = shutil.disk_usage(there).free >> 20
    remedy = "" if free >= 2048 else "make room, or set WINDVANE_LOG_RETENTION_H and the WINDVANE_*_DAYS lower"
    yield Finding(f"disk of {home}", "ill" if remedy else "well", f"{free} MiB free", remedy)
    if not _writable(there):
        yield Finding(f"directory {home}", "ill", f"{there} is not writable", "give another: --dir or WINDVANE_DIR")


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    return next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _spool() -> Iterator[Finding]:
    home = Path(setting("spool_dir") or state_home() / "windvane" / "spool")
    there = _nearest(home)
    if not _writable(there):
        yield Finding(
            f"spool {home}", "ill", "not writable: kill -9 of an app would lose what it has not sent",
            "make it writable, or set WINDVANE_SPOOL_DIR",
        )  # fmt: skip
    else:
        yield Finding(f"spool {home}", "well", "writable")


def _store(store: str | None, home: Path) -> Iterator[Finding]:
    from windvane.storage.migrations import applied, latest
    from windvane.storage.store import ClickHouseStore, store_url

    url = store_url(store, home)
    named = url.rpartition("@")[2]
    if url.startswith("chdb:") and not Path(url.removeprefix("chdb://")).exists():
        yield Finding(f"store {named}", "passed over", "there is none yet; windvane up makes it")
        return
    try:
        opened = ClickHouseStore(url)
    except DirectoryInUse as error:
        yield Finding(f"store {named}", "well", str(error).split(". ")[0])
        return
    try:
        client = opened.connections.get(database=False)
        began = time.time()
        there = client.query("SELECT version(), toUnixTimestamp64Milli(now64(3))")
        engine, at_ms = there.result_rows[0]
        yield Finding(f"store {named}", "well", f"ClickHouse {engine}")
        apart = at_ms / 1000 - (began + time.time()) / 2
        remedy = "" if abs(apart) < 5 else "set the clocks by NTP: events ahead of the log are refused"
        yield Finding("clock against the store's", "ill" if remedy else "well", f"{apart:+.3f} s", remedy)
        have = max(applied(opened.connections), default=0)
        remedy = "" if have >= latest() else "windvane migrate"
        yield Finding("schema", "ill" if remedy else "well", f"migration {have} of {latest()}", remedy)
    except (StoreError, MigrationError) as error:
        yield Finding(f"store {named}", "ill", str(error), "start it, or give its URL: --store or WINDVANE_STORE")
    except Exception as error:  # clickhouse-connect's own
        yield Finding(f"store {named}", "ill", str(error).splitlines()[0], "check the URL, the user and the password")
    finally:
        opened.close()


def _broker(bootstrap: str, topic: str) -> Iterator[Finding]:
    from windvane.collectors.log.kafka import KafkaLog

    log = KafkaLog(bootstrap, topic=topic)
    try:
        count = log.partitions()
        ends = sum(log.end(partition) - log.begin(partition) for partition in range(count))
        yield Finding(f"Kafka {bootstrap}", "well", f"topic {topic}: {count} partitions, {ends} records")
    except LogError as error:
        remedy = "start the broker, then: windvane topics create. Without Kafka: windvane doctor --local"
        yield Finding(f"Kafka {bootstrap}", "ill", str(error).split(". Is the")[0], remedy)
    finally:
        log.close()
