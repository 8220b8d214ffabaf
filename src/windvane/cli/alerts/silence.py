"""`windvane alerts silence`: tell nobody, until a time."""

from __future__ import annotations

import getpass
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
import msgspec

from windvane.cli.options import dir_option, store_option
from windvane.cli.running import Running, post
from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.durations import seconds
from windvane.dashboards.alerts.quiet import Silence
from windvane.errors import ConfigError, DirectoryInUse
from windvane.settings import setting
from windvane.storage.store import ClickHouseStore, store_url

__all__ = ["command", "put_silence"]

_LONGEST: Final = timedelta(days=90)


class _Asked(msgspec.Struct):
    """What the command asks for: a new silence, or the end of the one with this id."""

    author: str
    labels: dict[str, str] = {}
    for_s: int = 0
    comment: str = ""
    end: str = ""


@click.command("silence")
@click.option("--rule", help="Alerts of this rule; a name may end in *.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Alerts with this label; may be repeated.")
@click.option("--for", "length", metavar="TIME", help="How long: 30m, 2h, 7d; at most 90d.")
@click.option("--comment", default="", help="Why, for those who find it silent.")
@click.option("--end", metavar="ID", help="End this silence now. `windvane alerts list` shows the ids.")
@store_option
@dir_option
def command(rule: str | None, labels: tuple[str, ...], length: str | None, comment: str, end: str | None,
            store: str | None, dir: Path | None) -> None:  # fmt: skip
    """Tell nobody of the alerts that fit, until a time. What still fires then is told.

    \b
    Examples:
      windvane alerts silence --rule provider-outage --label provider=openai --for 2h --comment "they know"
      windvane alerts silence --label service=staging-* --for 7d
      windvane alerts silence --end 4f1c22ab
    """
    asked = _Asked(getpass.getuser(), comment=comment, end=end or "")
    if not end:
        asked.labels = _labels(rule, labels)
        asked.for_s = _length_s(length)
    body, home = msgspec.json.encode(asked), setting("dir", dir)
    try:
        opened = ClickHouseStore(store_url(store, home))
    except DirectoryInUse:
        said = post(Running.find(home), "/v1/silences", body)
    else:
        opened.prepare()
        said = put_silence(Book(opened), body)
        opened.close()
    click.echo(said.decode())


def put_silence(book: Book, body: bytes) -> bytes:
    """Write the silence that is asked for; return what is to be said of it. Blocks on the store.

    Raises:
        ConfigError: it is not understood, or there is no silence of this id.
    """
    now = datetime.now(UTC)
    try:
        asked = msgspec.json.decode(body, type=_Asked)
    except msgspec.DecodeError as error:
        raise ConfigError(f"this is no silence: {error}") from error
    if asked.end:
        known = {silence.id: silence for silence in book.silences(now)}
        if asked.end not in known:
            raise ConfigError(f"no silence {asked.end!r} holds now; there are {', '.join(known) or 'none'}")
        book.silence(replace(known[asked.end], ends=now))
        return f"silence {asked.end} has ended; what still fires is told in the next round".encode()
    if not asked.labels or not 0 < asked.for_s <= _LONGEST.total_seconds():
        raise ConfigError("a silence is for some labels, and for at most 90 days")
    silence = Silence(
        id=secrets.token_hex(4), labels=asked.labels, starts=now, ends=now + timedelta(seconds=asked.for_s),
        comment=asked.comment, author=asked.author,
    )  # fmt: skip
    book.silence(silence)
    fits = ", ".join(f"{name}={value}" for name, value in silence.labels.items())
    return f"silence {silence.id}: nobody is told of {fits} until {silence.ends:%Y-%m-%d %H:%M} UTC".encode()


def _labels(rule: str | None, labels: tuple[str, ...]) -> dict[str, str]:
    found = {"rule": rule} if rule else {}
    for label in labels:
        name, equals, value = label.partition("=")
        if not (name and equals):
            raise ConfigError(f"--label {label!r} is no NAME=VALUE")
        found[name] = value
    if not found:
        raise ConfigError("say which alerts: --rule NAME, --label NAME=VALUE, or both")
    return found


def _length_s(length: str | None) -> int:
    try:
        found = seconds(length or "")
    except ValueError:
        raise ConfigError(f"--for {length or ''!r} is no length of time: give 30m, 2h or 7d") from None
    if not 0 < found <= _LONGEST.total_seconds():
        raise ConfigError(f"--for {length} is too long: a silence has an end, within 90d")
    return found
