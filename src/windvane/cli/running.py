"""Finding a running `windvane up`: it owns its chDB directory, so other commands ask through it."""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from windvane.cli.stopping import Stopped
from windvane.errors import DirectoryInUse, StoreError, StoreUnavailable
from windvane.settings import setting
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore, store_url

__all__ = ["Running", "ask", "asking", "post"]


class Running(msgspec.Struct):
    """Where a running process listens, and the word that lets its own user ask it for SQL."""

    pid: int
    url: str
    token: str

    def announce(self, directory: Path) -> None:
        """Write the file that `find` reads; only this user can. It is there whole, or not at all."""
        new = directory / "up.new"
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(self))
        new.replace(directory / "up.json")

    @staticmethod
    def find(directory: Path) -> Running:
        """Return what the process that owns `directory` has announced.

        Raises:
            StoreUnavailable: it has not announced itself: it starts, or is no `windvane up`.
        """
        try:
            return msgspec.json.decode((directory / "up.json").read_bytes(), type=Running)
        except (OSError, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"{directory} is in use by a process that answers nothing yet: try again") from error


@contextmanager
def asking(store: str | None, directory: Path | None) -> Iterator[Callable[[str, str], bytes]]:
    """Give a function that answers SQL in a form of `storage.reader`.

    Opens the store itself, or asks the `windvane up` that has it open.

    Raises:
        StoreError: neither can be done.
    """
    home = Path(setting("dir", directory))
    url = store_url(store, home)
    if url.startswith("chdb:") and not Path(url.removeprefix("chdb://")).exists():
        raise StoreError(f"there is no store at {url}. Run `windvane up` or `windvane demo` first, or give --dir")
    try:
        opened = ClickHouseStore(url)
    except DirectoryInUse:
        running = Running.find(home)
        yield lambda sql, form: ask(running, sql, form)
        return
    opened.prepare()
    reader = Reader(opened.connections, threads=1)
    try:
        yield reader.text
    except Stopped:
        # The engine cannot be interrupted: the process ends without waiting for it.
        raise
    except Exception:
        reader.close()
        opened.close()
        raise
    reader.close()
    opened.close()


def ask(running: Running, sql: str, form: str) -> bytes:
    """Return the running process's answer to `sql`.

    Raises:
        StoreError: it says that the query is wrong.
        StoreUnavailable: it does not answer.
    """
    return post(running, f"/v1/sql?format={form}", sql.encode())


def post(running: Running, path: str, body: bytes) -> bytes:
    """Return what the running process answers to a request of its own user.

    Raises:
        StoreError: it refuses; the message is its own.
        StoreUnavailable: it does not answer.
    """
    connection = http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=90)
    try:
        connection.request("POST", path, body, {"Authorization": f"Bearer {running.token}"})
        response = connection.getresponse()
        answer = response.read()
    except OSError as error:
        raise StoreUnavailable(f"process {running.pid} at {running.url} does not answer: {error}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise StoreError(answer.decode("utf-8", "replace"))
    return answer
