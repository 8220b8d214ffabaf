"""Who sends: let in or not, how fast, and what is taken out of what they send."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from windvane.collectors.event import Row
from windvane.collectors.gateway.counts import Counts
from windvane.collectors.gateway.keys import KeyFile
from windvane.collectors.gateway.refusal import Refusal
from windvane.collectors.redaction.policy import Policy
from windvane.collectors.redaction.redactor import Redactor

__all__ = ["Redact", "Sources"]

_log: Final = logging.getLogger("windvane.gateway")
_MOST_BUCKETS: Final = 10_000
_BURST_S: Final = 2.0
"""How many seconds' worth may come at once."""

Redact = Callable[[Sequence[Row]], list[Row]]
"""Takes secrets and personal data out of rows, or leaves them as they are. Called in threads."""


class Sources:
    """Admits requests. Without a file of keys everyone is let in, and known by the address."""

    def __init__(self, counts: Counts, keys: KeyFile | None, rate: float, redaction: str, folder: Path | None) -> None:
        """`rate` in requests a second, 0 for any; `redaction` of those that have none of their own.

        `folder` is where the key of hashes is kept.

        Raises:
            ConfigError: the redaction cannot be read.
        """
        self._counts, self._keys, self._rate, self._redaction, self._folder = counts, keys, rate, redaction, folder
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._redactors: dict[str, Redact] = {}
        self._redactor(redaction)

    def admit(self, request: web.Request) -> Redact:
        """Let a request in; return what is to be done with its rows.

        Raises:
            Refusal: 401 without a key that is known, 429 above the rate.
        """
        if self._keys is None:
            self._spend(f"address {request.remote}", self._rate)
            return self._redactor(self._redaction)
        given = request.headers.get("Authorization", "")
        kind, _, secret = given.partition(" ")
        if kind.lower() != "bearer":
            secret = request.headers.get("x-api-key", "")
        key = self._keys.find(secret.strip())
        if key is None:
            why = "is not known" if secret else "is needed: Authorization: Bearer …, or x-api-key"
            raise Refusal(401, f"an API key {why}. `windvane gateway keys add NAME` makes one")
        self._spend(f"key {key.name}", self._rate if key.rate is None else key.rate)
        return self._redactor(self._redaction if key.redaction is None else key.redaction)

    def _spend(self, name: str, rate: float) -> None:
        """Take one token of the source's bucket."""
        if not rate:
            return
        now, most = time.monotonic(), max(1.0, rate * _BURST_S)
        tokens, at = self._buckets.get(name, (most, now))
        tokens = min(most, tokens + (now - at) * rate)
        if tokens < 1:
            wait = math.ceil((1 - tokens) / rate)
            raise Refusal(429, f"{name} may send {rate:g} requests a second", retry_s=wait)
        self._buckets[name] = (tokens - 1, now)
        self._buckets.move_to_end(name)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)

    def _redactor(self, policy: str) -> Redact:
        made = self._redactors.get(policy)
        if made is None:
            made = self._redactors[policy] = self._make(policy)
        return made

    def _make(self, text: str) -> Redact:
        policy = Policy.from_settings(text)
        if Redactor(policy).is_off:
            return list
        threads = threading.local()

        def redact(rows: Sequence[Row]) -> list[Row]:
            redactor: Redactor | None = getattr(threads, "redactor", None)
            if redactor is None:  # a redactor is for one thread at a time
                redactor = threads.redactor = Redactor(policy, self._folder)
            before = dict(redactor.masked)
            redacted = [_redacted(redactor, row, self._counts) for row in rows]
            masked = {kind: count - before.get(kind, 0) for kind, count in redactor.masked.items()}
            self._counts.add("redacted", {kind: count for kind, count in masked.items() if count})
            return redacted

        return redact


def _redacted(redactor: Redactor, row: Row, counts: Counts) -> Row:
    try:
        return redactor.row(row)
    except Exception as error:
        # Not the error's own words: they may quote the text.
        _log.error("redaction failed (%s): the texts of such an event are left out", type(error).__name__)
        counts.add("redacted", {"failed": 1})
        return redactor.bare(row)
