"""`windvane alerts silence`: nobody is told of some alerts, for a while."""

from __future__ import annotations

import http.client
import os
import pwd
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
import msgspec

from windvane.cli.options import dir_option, store_option
from windvane.cli.running import Running, asking
from windvane.dashboards.alerts.quiet import Silence
from windvane.errors import ConfigError, DirectoryInUse, StoreError, StoreUnavailable
from windvane.settings import setting
from windvane.storage.reader import rows_of

__all__ = ["command"]

_UNITS_S: Final = {"m": 60, "h": 3600, "d": 86400}
_STANDING: Final = (
    "SELECT id, labels, toUnixTimestamp64Micro(starts) AS starts_us, toUnixTimestamp64Micro(ends) AS ends_us, comment,"
    " author FROM silences WHERE ends > now64(6)"
)


@click.group("silence")
def command() -> None:
    """Tell nobody of some alerts for a while; what still fires at the end is told then.

    \b
    Examples:
      windvane alerts silence add --rule provider-outage --for 2h --comment "they know"
      windvane alerts silence end 3f9a2c
    """


@command.command("add", short_help="Begin a silence.")
@click.option("--rule", help="Alerts of this rule.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Alerts with this label; may be repeated.")
@click.option("--for", "length", required=True, metavar="TIME", help="How long: 30m, 2h, 1d.")
@click.option("--comment", default="", help="Why; others see it.")
@store_option
@dir_option
def add(rule: str | None, labels: tuple[str, ...], length: str, comment: str, store: str | None,
        dir: Path | None) -> None:  # fmt: skip
    """Silence the alerts that have all these labels, from now on. Prints the silence's name.

    \b
    Examples:
      windvane alerts silence add --rule error-rate --label service_name=chat --for 30m
      windvane alerts silence add --label gen_ai_request_model=gpt-4o --for 1d --comment "moving off it"
    """
    wanted = {"rule": rule} if rule else {}
    for pair in labels:
        name, sign, value = pair.partition("=")
        if not (name and sign):
            raise ConfigError(f"--label {pair}: write it as NAME=VALUE")
        wanted[name] = value
    if not wanted:
        raise ConfigError("this would silence every alert. Say which: --rule or --label")
    now_us = time.time_ns() // 1000
    silence = Silence(secrets.token_hex(3), wanted, now_us, now_us + _seconds(length) * 1_000_000, comment, _user())
    with _writing(store, dir) as write:
        write(silence)
    click.echo(f"silence {silence.id} for {length}; to end it: windvane alerts silence end {silence.id}")


@command.command("end", short_help="End a silence now.")
@click.argument("id")
@store_option
@dir_option
def end(id: str, store: str | None, dir: Path | None) -> None:
    """End the silence ID now: what fires is told.

    \b
    Example:
      windvane alerts silence end 3f9a2c
    """
    with asking(store, dir) as answer:
        standing = {row["id"]: row for row in rows_of(answer(_STANDING, "columns"))}
    if id not in standing:
        raise ConfigError(f"no silence {id} stands: there are {', '.join(standing) or 'none'}")
    silence = msgspec.convert({**standing[id], "ends_us": time.time_ns() // 1000}, Silence)
    with _writing(store, dir) as write:
        write(silence)
    click.echo(f"silence {id} has ended")


def _seconds(length: str) -> int:
    found = re.fullmatch(r"(\d{1,6})([mhd])", length)
    if found is None or not int(found[1]):
        raise ConfigError(f"--for {length}: write it as 30m, 2h or 1d")
    return int(found[1]) * _UNITS_S[found[2]]


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""


@contextmanager
def _writing(store: str | None, directory: Path | None) -> Iterator[Callable[[Silence], None]]:
    """Give what writes a silence: into the store, or through the `windvane up` that has it open.

    Raises:
        StoreError: neither can be done.
    """
    from windvane.dashboards.alerts.book import AlertBook
    from windvane.storage.store import ClickHouseStore, store_url

    home = Path(setting("dir", directory))
    try:
        opened = ClickHouseStore(store_url(store, home))
    except DirectoryInUse:
        running = Running.find(home)
        yield lambda silence: _post(running, silence)
        return
    try:
        opened.prepare()
        yield AlertBook(opened).silence
    finally:
        opened.close()


def _post(running: Running, silence: Silence) -> None:
    connection = http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=30)
    try:
        headers = {"Authorization": f"Bearer {running.token}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/silences", msgspec.json.encode(silence), headers)
        response = connection.getresponse()
        body = response.read()
    except OSError as error:
        raise StoreUnavailable(f"process {running.pid} at {running.url} does not answer: {error}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise StoreError(f"the silence was refused: {body.decode('utf-8', 'replace')[:300]}")
