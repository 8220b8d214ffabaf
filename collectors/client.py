"""The SDK: emit() hands an event over and returns; everything else happens in the background.

What emit() returned for is in a memory-mapped segment: a kill -9 of the app does not lose it, and the service's next
process sends it. Nothing here blocks the app or raises into it; what is dropped is counted by reason.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from windvane.collectors.event import INDEX, MAX_EVENT_BYTES
from windvane.collectors.normalize import normalize
from windvane.collectors.segment import Segment
from windvane.collectors.sender import DROPS, Sender, _ledger
from windvane.collectors.spool import Spool, service_dir
from windvane.collectors.transport.opening import check_endpoint
from windvane.errors import EventRefused, Reason
from windvane.settings import setting, state_home

__all__ = ["Client", "Stats"]

_log: Final = logging.getLogger("windvane")
_encode: Final = msgspec.msgpack.Encoder().encode
_now: Final = time.time_ns
_WAKE_EVERY: Final = 256
_SERVICE, _MODEL, _ID = INDEX["service_name"], INDEX["gen_ai_request_model"], INDEX["id"]


class Stats(msgspec.Struct):
    """What became of this process's events: emitted = delivered + spooled + the sum of dropped, when nothing moves."""

    emitted: int
    delivered: int
    """Durable in the log."""
    spooled: int
    """In the spool, on their way."""
    dropped: dict[str, int]
    adopted: int
    """Events of dead processes that this one has sent."""
    retries: int
    error: str
    """Why sending fails at the moment; empty where it does not."""


class _Key:
    """A series' home: its name, its index in segments, the next number, the segment that knows its name."""

    __slots__ = ("index", "name", "next", "segment")

    def __init__(self, index: int, name: str) -> None:
        self.index, self.name, self.next = index, name, 0
        self.segment: Segment | None = None


class Client:
    """One service's way out of this process. Use `windvane.init`; a second client is for a second service."""

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
    ) -> None:
        """Take what is given, else the settings (docs/reference/settings.md). Opens no connection.

        Raises:
            ConfigError: the endpoint names no transport.
        """
        self._endpoint: str = setting("endpoint", endpoint)
        check_endpoint(self._endpoint)
        self.service: str = setting("service", service)
        self._enabled: bool = setting("enabled", enabled)
        self._linger_s: float = setting("linger_s", linger_s)
        self._limit: int = setting("spool_mb", spool_mb) << 20
        self._folder = service_dir(
            Path(setting("spool_dir", spool_dir) or state_home() / "windvane" / "spool"), self.service
        )
        self._version, self._environment, self._tags = service_version, environment, dict(tags) if tags else None
        # Re-entrant, so that an emit inside an emit (a signal, a finalizer) is noticed and dropped, not a deadlock.
        self._lock = threading.RLock()
        self._closed = False
        self._begin()
        os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.shutdown)

    def _begin(self) -> None:
        """Start from nothing: in a new process, forked or not."""
        self._source = os.urandom(8).hex()
        self._prefix = self._source + "-"
        self._ids = itertools.count()
        self._keys: dict[tuple[str, str | None], _Key] = {}
        self._busy = False
        self._emitted = 0
        self._drops = dict.fromkeys(DROPS, 0)
        self._pid = os.getpid()
        if self._enabled:
            self._spool = Spool(self._folder, self._source, self._limit)
            self._sender = Sender(self._endpoint, self._spool, self._folder, self._counts, self._linger_s)
            self._sender.start()

    def _after_fork(self) -> None:
        """A child has its own source, segments and sender; the parent's are the parent's."""
        if self._enabled and not self._closed:
            self._lock = threading.RLock()
            self._spool.forget()
            self._begin()

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
            name = id or self._prefix + str(next(self._ids))
            if (
                more
                or event is not None
                or (prompt is not None and prompt.__class__ is not str)
                or (response is not None and response.__class__ is not str)
                or (error is not None and error.__class__ is not str)
                or (context is not None and context.__class__ is not list)
                or (tags is not None and tags.__class__ is not dict)
                or self._tags is not None
            ):
                given = {
                    "id": name, "prompt": prompt, "response": response, "model": model, "provider": provider,
                    "operation": operation, "input_tokens": input_tokens, "output_tokens": output_tokens,
                    "cached_tokens": cached_tokens, "reasoning_tokens": reasoning_tokens, "latency": latency,
                    "ttft": ttft, "context": context, "user": user, "session": session, "trace_id": trace_id,
                    "prompt_name": prompt_name, "prompt_version": prompt_version, "tags": tags, **more,
                }  # fmt: skip
                return self._emit_any(event, given, error)
            row = (
                name, _now() // 1000, self.service, operation, provider, model, None, prompt, response, None, context,
                input_tokens, output_tokens, cached_tokens, None, reasoning_tokens, latency, ttft, error, None, None,
                None, None, None, None, None, user, session, trace_id, None, None, prompt_name, prompt_version,
                self._version, self._environment, None, None, None, None, None, None, None, tags, None,
            )  # fmt: skip
            try:
                data = _encode(row)
            except TypeError:  # a number of numpy's, say
                return self._emit_any(dict(zip(INDEX, row, strict=True)), {}, None)
            self._put(data, self.service, model)
            return name
        except Exception:
            # The last resort: an app must not fail for its observer.
            _log.debug("emit failed", exc_info=True)
            self._drop(Reason.WRONG_TYPE)
            return ""

    def _emit_any(self, event: Mapping[str, Any] | None, given: dict[str, Any], error: Any) -> str:
        """Emit what is not already of the row's types."""
        whole = {**(event or {}), **{name: value for name, value in given.items() if value is not None}}
        if isinstance(error, BaseException):
            whole |= {"error": type(error).__qualname__, "error_message": str(error)}
        elif error is not None:
            whole["error"] = error
        if self._tags:
            own = whole.get("tags")
            whole["tags"] = {**self._tags, **(own if isinstance(own, Mapping) else dict.fromkeys(own or (), ""))}
        try:
            cells = list(normalize(whole))
        except EventRefused as refused:
            _log.debug("an event was dropped: %s", refused)
            self._emitted += 1
            self._drop(refused.reason, counted=True)
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
        self._put(_encode(tuple(cells)), str(cells[_SERVICE]), cells[_MODEL])
        return str(cells[_ID])

    def _put(self, data: bytes, service: str, model: str | None) -> None:
        """Copy an encoded event into the segment, or drop it and count why."""
        with self._lock:
            if self._busy:
                self._emitted += 1
                self._drops[Reason.REENTRANT] += 1
                return
            self._busy = True
            try:
                self._emitted = emitted = self._emitted + 1
                if self._closed or len(data) > MAX_EVENT_BYTES:
                    self._drop(Reason.CLOSED if self._closed else Reason.OVERSIZE, counted=True)
                    return
                key = self._keys.get((service, model))
                if key is None:
                    key = self._keys[service, model] = _Key(len(self._keys), f"{service}/{model or ''}")
                segment = self._spool.active
                known = key.segment is segment and segment.append(data, key.index, key.next, emitted)
                if known or self._put_slowly(data, key, emitted):
                    key.next += 1
            finally:
                self._busy = False
        if not emitted % _WAKE_EVERY:
            self._sender.wake.set()

    def _put_slowly(self, data: bytes, key: _Key, emitted: int) -> bool:
        """Append with all that may be needed before: the key's name, the next segment."""
        for _ in range(2):
            segment = self._spool.active
            if key.segment is not segment and segment.name_key(key.index, key.name, emitted):
                key.segment = segment
            if key.segment is segment and segment.append(data, key.index, key.next, emitted):
                return True
            try:
                if not self._spool.rotate():
                    self._drop(Reason.SPOOL_FULL, counted=True)
                    return False
            except OSError as error:
                _log.debug("no segment: %s", error)
                break
        self._drop(Reason.SPOOL_ERROR, counted=True)
        return False

    def _drop(self, reason: Reason, *, counted: bool = False) -> None:
        """Count an event that is lost; say so in the log for the 1st, 2nd, 4th, 8th … of its reason."""
        if not counted:
            self._emitted += 1
        self._drops[reason] += 1
        self._spool.active.put_drops(list(self._drops.values()))
        count = self._drops[reason]
        if count & (count - 1) == 0:
            _log.warning("%d events dropped so far: %s", count, reason)

    def _counts(self) -> dict[str, int]:
        return _ledger(self._emitted, self._drops)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all that was emitted before is durable in the log; return whether it is. Never raises."""
        if not self._enabled or self._closed:
            return not self._enabled
        with self._lock:
            kept = self._emitted - sum(self._drops.values())
        return self._sender.wait_for(kept, timeout_s)

    def shutdown(self, timeout_s: float = 2.0) -> bool:
        """Flush, end the sender, close the spool; return whether all is durable. What is not is the next process's."""
        if self._closed or not self._enabled or self._pid != os.getpid():
            return True
        deadline = time.monotonic() + timeout_s
        done = self.flush(timeout_s)
        with self._lock:
            self._closed = True
        self._sender.stop(max(0.2, deadline - time.monotonic()))
        if not self._sender.is_alive():
            self._sender.tell_counts(deadline - time.monotonic())
            self._spool.close()
        atexit.unregister(self.shutdown)
        return done

    def stats(self) -> Stats:
        """Return what became of this process's events. Never raises."""
        if not self._enabled:
            return Stats(0, 0, 0, {}, 0, 0, "")
        with self._lock:
            emitted, dropped = self._emitted, {str(reason): count for reason, count in self._drops.items() if count}
            delivered = self._sender.delivered
        spooled = emitted - delivered - sum(dropped.values())
        sender = self._sender
        return Stats(emitted, delivered, spooled, dropped, sender.adopted, sender.retries, sender.error)
