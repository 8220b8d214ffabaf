"""The SDK: emit() hands an event over and returns; everything else happens in the background.

What emit() returned for is in a memory-mapped segment: a kill -9 of the app does not lose it, and the service's next
process sends it. Nothing here blocks the app or raises into it; what is dropped is counted by reason.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from windvane.collectors.cells import both_tags, cells_of
from windvane.collectors.context import around
from windvane.collectors.counts import Stats
from windvane.collectors.event import INDEX
from windvane.collectors.sender import Sender
from windvane.collectors.spool import Spool, service_dir
from windvane.collectors.transport.opening import check_endpoint
from windvane.collectors.writer import Writer
from windvane.errors import ConfigError, EventRefused, Reason
from windvane.settings import setting, state_home

if TYPE_CHECKING:
    from windvane.collectors.redaction.policy import Policy

__all__ = ["Client"]

_log: Final = logging.getLogger("windvane")
_encode: Final = msgspec.msgpack.Encoder().encode
_now: Final = time.time_ns
_NONE: Final[dict[str, str]] = {}
_SERVICE, _MODEL, _ID = INDEX["service_name"], INDEX["gen_ai_request_model"], INDEX["id"]


class Client:
    """One service's way out of this process. Use `windvane.init`; a second client is for a second service."""

    write: Callable[[bytes, str, str | None], None]
    """Takes a segment's record of an event as it is, with its service and model: for instrumentations."""

    def __init__(
        self,
        endpoint: str | None = None,
        service: str | None = None,
        *,
        spool_dir: str | Path | None = None,
        spool_mb: int | None = None,
        linger_s: float | None = None,
        service_version: str | None = None,
        environment: str | None = None,
        tags: Mapping[str, str] | None = None,
        enabled: bool | None = None,
        redaction: Policy | str | None = None,
    ) -> None:
        """Take what is given, else the settings (docs/reference/settings.md). Opens no connection.

        `redaction` is what WINDVANE_REDACTION may say, as "hash; ip=off", or a whole policy.

        Raises:
            ConfigError: the endpoint names no transport, or a setting is out of its range.
        """
        self._reset()
        self.service: str = _sound(setting("service", service))
        self._version = None if service_version is None else _sound(service_version)
        self._environment = None if environment is None else _sound(environment)
        self._tags = {_sound(name): _sound(value) for name, value in (tags or {}).items()}
        self.about = self.service, self._version, self._environment, self._tags
        """What it says in every event: service, its version, environment, tags."""
        self._enabled: bool = setting("enabled", enabled)
        if not self._enabled:
            self.write = _nowhere
            return
        self._endpoint: str = setting("endpoint", endpoint)
        check_endpoint(self._endpoint)
        self._linger_s: float = setting("linger_s", linger_s)
        if not 0 <= self._linger_s <= 60:
            raise ConfigError(f"linger_s is {self._linger_s}; it is from 0 to 60 seconds")
        self._limit: int = setting("spool_mb", spool_mb) << 20
        if self._limit < 2 << 20:
            raise ConfigError(f"spool_mb is {self._limit >> 20}; it is two segments of 1 MiB at least: give 2 or more")
        self._folder = _folder(setting("spool_dir", spool_dir), self.service)
        # Here, for the start of apps that import windvane and never make a client.
        from windvane.collectors.redaction.policy import Policy

        self._policy = Policy.from_settings(redaction)
        self._writer.begin()
        _clients.add(self)
        atexit.register(self.shutdown)

    def _reset(self) -> None:
        """Be a client that has emitted nothing, in a process of its own."""
        self._source = os.urandom(8).hex()
        self._prefix = self._source + "-"
        self._ids = itertools.count()
        self._writer = Writer(self._begin)
        self.write = self._writer.put
        self._sender: Sender | None = None

    def _begin(self) -> tuple[Spool, Callable[[], None]]:
        """Make the spool and start the sender."""
        spool = Spool(self._folder, self._source, self._limit)
        sender = Sender(self._endpoint, spool, self._folder, self._writer.ledger, self._linger_s, self._policy)
        try:
            sender.start()
        except RuntimeError as error:  # no more threads: the service's next process sends what is in the spool
            _log.warning("the sender cannot start (%s): events wait in the spool", error)
        process = sys.modules.get("multiprocessing.process")
        if process is not None and process.parent_process() is not None:
            # Its children end without atexit, but not without this.
            sys.modules["multiprocessing.util"].Finalize(None, self.shutdown, exitpriority=0)
        self._sender = sender
        return spool, sender.wake

    def _after_fork(self) -> None:
        """A child has its own source, segments and sender, from its first emit on; the parent's are the parent's."""
        writer, sender = self._writer, self._sender
        if sender is not None:
            sender.forget()
        writer.forget()
        self._reset()
        self._writer.closed = writer.closed

    def emit(
        self,
        event: Mapping[str, Any] | None = None,
        /,
        *,
        prompt: Any = None,
        response: Any = None,
        model: str | None = None,
        provider: str | None = None,
        operation: str | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cached_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        latency: float | None = None,
        ttft: float | None = None,
        error: Any = None,
        context: Any = None,
        user: str | None = None,
        session: str | None = None,
        trace_id: str | None = None,
        prompt_name: str | None = None,
        prompt_version: str | None = None,
        tags: Any = None,
        id: str | None = None,
        **more: Any,
    ) -> str:
        """Hand one event over and return its id. Takes microseconds, never blocks on a network or a disk, never raises.

        The fields are those of docs/reference/events.md, by any of their names; `event` may hold them instead, or too.
        Once it has returned, a kill of this process does not lose the event, unless it was dropped: see `stats`.
        """
        try:
            if not self._enabled:
                return ""
            data = None
            if (held := around()) is not None:
                if event is None:
                    user, session = user or held.user, session or held.session
                    if prompt_name is None:
                        prompt_name, prompt_version = held.prompt_name, prompt_version or held.prompt_version
                    tags = both_tags(held.tags, tags) if held.tags else tags
                    trace_id = trace_id or held.trace_id
                    if held.span_id and "span_id" not in more:
                        more = {"parent_span_id": held.span_id, **more}
                elif isinstance(event, Mapping):
                    event = {**held.fields(), **event}
            if (
                event is None
                and not more
                and (prompt is None or prompt.__class__ is str)
                and (response is None or response.__class__ is str)
                and (error is None or error.__class__ is str)
                and (user is None or user.__class__ is str)
                and (session is None or session.__class__ is str)
            ):
                name = id or self._prefix + str(next(self._ids))
                try:
                    own = tags or _NONE if tags.__class__ is not list else dict.fromkeys(tags, "")
                    # Raises where one of them is no text: what is of other types is read below, with goodwill. The
                    # stream would do so too, but for the whole envelope, so what is often a number is looked at here.
                    "".join(own.values())
                    if context is not None and (context.__class__ is not list or set(map(type, context)) - {str}):
                        raise TypeError
                    data = _encode((
                        name, _now() // 1000, self.service, operation, provider, model, None, prompt, response, None,
                        context, input_tokens, output_tokens, cached_tokens, None, reasoning_tokens, latency, ttft,
                        error, None, None, None, None, None, None, None, user, session, trace_id, None, None,
                        prompt_name, prompt_version, self._version, self._environment, None, None, None, None, None,
                        None, None, {**self._tags, **own} if self._tags else own or None, None,
                    ))  # fmt: skip
                except (TypeError, ValueError, AttributeError, OverflowError):
                    data = None
            if data is None:
                given = {
                    "id": id, "prompt": prompt, "response": response, "model": model, "provider": provider,
                    "operation": operation, "input_tokens": input_tokens, "output_tokens": output_tokens,
                    "cached_tokens": cached_tokens, "reasoning_tokens": reasoning_tokens, "latency": latency,
                    "ttft": ttft, "context": context, "user": user, "session": session, "trace_id": trace_id,
                    "prompt_name": prompt_name, "prompt_version": prompt_version, "tags": tags, **more,
                }  # fmt: skip
                return self._emit_any(event, given, error)
            self._writer.put(data, self.service, model)
            return name
        except Exception:
            # The last resort: an app must not fail for its observer.
            _log.debug("emit failed", exc_info=True)
            self._writer.drop(Reason.WRONG_TYPE)
            return ""

    def _emit_any(self, event: Mapping[str, Any] | None, given: dict[str, Any], error: Any) -> str:
        """Emit what is not already of the row's types."""
        try:
            cells = cells_of(event, given, error, self._tags)
        except EventRefused as refused:
            _log.debug("an event was dropped: %s", refused)
            self._writer.drop(refused.reason)
            return ""
        defaults = {
            "id": self._prefix + str(next(self._ids)) if cells[_ID] is None else None,
            "time": _now() // 1000,
            "service_name": self.service,
            "service_version": self._version,
            "deployment_environment_name": self._environment,
        }
        for column, value in defaults.items():
            if cells[INDEX[column]] is None:
                cells[INDEX[column]] = value
        self._writer.put(_encode(tuple(cells)), cells[_SERVICE], cells[_MODEL])
        return str(cells[_ID])

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all that was emitted before is durable in the log; return whether it is. Never raises."""
        emitted, dropped = self._writer.counts()
        kept = emitted - sum(dropped.values())
        return self._sender.wait_for(kept, timeout_s) if self._sender is not None else True

    def shutdown(self, timeout_s: float = 2.0) -> bool:
        """Flush, end the sender, close the spool; return whether all is durable. What is not is the next process's."""
        deadline = time.monotonic() + timeout_s
        done, before = self.flush(timeout_s), self._writer.closed
        self._writer.close()
        if self._sender is not None and not before:
            self._sender.stop(max(0.2, deadline - time.monotonic()))
            done = self.flush(0)
            if not self._sender.is_alive():
                self._sender.close_spool()
        atexit.unregister(self.shutdown)
        return done

    def stats(self) -> Stats:
        """Return what became of this process's events. Never raises."""
        sender = self._sender
        delivered = sender.delivered if sender is not None else 0  # asked first: never more than was emitted
        emitted, dropped = self._writer.counts()
        spooled = emitted - delivered - sum(dropped.values())
        if sender is None:
            return Stats(emitted, 0, spooled, dropped, 0, 0, "", {}, 0)
        records = sender.records
        masked, unredactable = (records.masked, records.failed) if records is not None else ({}, 0)
        return Stats(
            emitted, delivered, spooled, dropped, sender.adopted, sender.retries, sender.error, masked, unredactable
        )


def _nowhere(data: bytes, service: str, model: str | None) -> None:
    """Drop it: the client is off."""


def _sound(value: object) -> str:
    """Return text that can be encoded: half a surrogate pair cannot."""
    return str(value).encode("utf-8", "replace").decode()


def _folder(spool_dir: Path | str | None, service: str) -> Path | None:
    """Return where a service's spools are, whatever folder the app changes to later; None if it has no home."""
    try:
        return service_dir(Path(spool_dir or state_home() / "windvane" / "spool"), service).absolute()
    except (RuntimeError, OSError):
        return None


_clients: Final[weakref.WeakSet[Client]] = weakref.WeakSet()


def _after_fork() -> None:
    for client in list(_clients):
        client._after_fork()


os.register_at_fork(after_in_child=_after_fork)
