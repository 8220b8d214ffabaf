"""Connections: one client per thread, for a ClickHouse server or for chDB; their errors in our tree."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from windvane.errors import ConfigError, StoreError, StoreUnavailable
from windvane.settings import setting
from windvane.storage.ownership import Ownership

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["Connections"]

# ClickHouse's codes for what passes by itself: memory, timeouts, too many parts or queries, no space, network.
_PASSING: Final = frozenset({159, 164, 201, 202, 203, 209, 210, 225, 236, 241, 242, 252, 285, 290, 319, 425, 439, 999})
_NO_SPACE: Final = 243
_CACHES: Final = {  # chDB's defaults are 5 GB each
    "mark_cache_size": 64 << 20,
    "uncompressed_cache_size": 0,
    "index_mark_cache_size": 16 << 20,
    "index_uncompressed_cache_size": 0,
    "primary_index_cache_size": 64 << 20,
    "mmap_cache_size": 100,
    "compiled_expression_cache_size": 16 << 20,
    "background_pool_size": 2,
}


class Connections:
    """The clients of one store. `get` gives each thread its own: sharing one makes readers wait for each other."""

    def __init__(self, url: str, database: str) -> None:
        """Read `url`: chdb:///path, or http(s)://user:password@host:port.

        Raises:
            ConfigError: the URL names no store.
            DirectoryInUse: another process owns the chDB directory.
        """
        if not database.isidentifier():
            raise ConfigError(f"{database!r} is no name for a database: letters, digits and _ only")
        try:
            parts = urlsplit(url)
            port, more = parts.port, {name: values[-1] for name, values in parse_qs(parts.query).items()}
        except ValueError as error:
            raise _no_store(url) from error
        self.database = database
        self.embedded = parts.scheme == "chdb"
        self._threads = threading.local()
        self._all: list[Client] = []
        self._lock = threading.Lock()
        self._ownership: Ownership | None = None
        if self.embedded and parts.netloc + parts.path:
            self.path = Path(unquote(parts.netloc + parts.path)).resolve()
            self._ownership = Ownership(self.path)
            self._arguments: dict[str, Any] = {"dsn": f"chdb://{self.path}", "chdb_options": dict(_CACHES)}
        elif parts.scheme in ("http", "https") and parts.hostname:
            self._arguments = {
                "host": parts.hostname,
                "port": port or (8443 if parts.scheme == "https" else 8123),
                "secure": parts.scheme == "https",
                "username": unquote(parts.username or "default"),
                "password": unquote(parts.password or ""),
                "connect_timeout": 5,
                "send_receive_timeout": 120,
                "compress": "lz4",
                # Workers write from several threads; a session would let only one of them in.
                "autogenerate_session_id": False,
                **more,
            }
        else:
            raise _no_store(url)

    def get(self, *, database: bool = True) -> Client:
        """Return this thread's client; `database=False` for one that does not need the database to exist."""
        held: Client | None = getattr(self._threads, "client" if database else "bare", None)
        if held is None:
            import clickhouse_connect

            with _translated():
                held = clickhouse_connect.get_client(
                    **self._arguments, database=self.database if database else None, settings=self._session()
                )
            setattr(self._threads, "client" if database else "bare", held)
            with self._lock:
                self._all.append(held)
        return held

    @contextmanager
    def client(self, *, database: bool = True) -> Iterator[Client]:
        """Lend this thread's client (see `get`): its errors come out as ours, and a failed answer leaves nothing in it.

        Raises:
            StoreUnavailable: no answer, or a refusal that will pass.
            StoreError: a refusal that will not pass.
        """
        client = self.get(database=database)
        with _translated():
            try:
                yield client
            except Exception:
                if self.embedded:  # chDB begins its next answer with what the failed one had written
                    with suppress(Exception):
                        client.raw_query("SELECT 1", fmt="Null")
                raise

    def _session(self) -> dict[str, Any]:
        return {"max_memory_usage": setting("memory_mb") << 20} if self.embedded else {}

    def close(self) -> None:
        """Close every thread's client, and give the chDB directory up."""
        with self._lock:
            clients, self._all = self._all, []
        for client in clients:
            client.close()
        self._threads = threading.local()
        if self._ownership:
            self._ownership.release()


def _no_store(url: str) -> ConfigError:
    shown = re.sub(r"^(\w*:?/*).*@", r"\1…@", url)  # never a password
    return ConfigError(f"{shown!r} is no store: use chdb:///path or http(s)://user:password@host:port")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn clickhouse-connect's errors into ours."""
    from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(f"the store does not answer: {_first_line(error)}") from error
    except ClickHouseError as error:
        code = getattr(error, "code", None)
        if code == _NO_SPACE:
            raise StoreUnavailable(
                "the disk of the store is full: make room, or keep events and bodies for fewer days"
                " (WINDVANE_EVENTS_DAYS, WINDVANE_BODIES_DAYS)"
            ) from error
        kind = StoreUnavailable if code in _PASSING else StoreError
        raise kind(f"the store refused: {_first_line(error)}") from error
    except (OSError, RuntimeError) as error:
        raise StoreUnavailable(f"the store does not answer: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:500]
