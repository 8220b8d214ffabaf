"""Rounds by the clock, and deliveries beside them: two threads, so that a slow channel holds no round up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from windvane.dashboards.alerts.courier import Courier
from windvane.dashboards.alerts.evaluator import Evaluator
from windvane.errors import Fenced, StoreError, StoreUnavailable

__all__ = ["TICK_S", "AlertLoop"]

TICK_S: Final = 5
"""Seconds between rounds. They are at whole multiples of it, so that what fires together is told together."""
_SHARE: Final = 0.8
"""Of a tick that judging takes at most: more rules than that are judged turn by turn."""
_log: Final = logging.getLogger(__name__)


class AlertLoop:
    """Judges every `TICK_S`, and tells. `start` and `stop` are called once each."""

    def __init__(self, evaluator: Evaluator, courier: Courier, *, clock: Callable[[], float] = time.time) -> None:
        self._evaluator, self._courier, self._clock = evaluator, courier, clock
        self._stopping, self._news = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._judge, name="windvane-alerts", daemon=True),
            threading.Thread(target=self._tell, name="windvane-courier", daemon=True),
        ]
        self.trouble = ""
        """Why rules are not judged, or nobody is told, now; empty where all is well."""

    def start(self) -> None:
        """Begin: at once with what an earlier process has left untold, at the next tick with rules."""
        self._news.set()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the round in hand, and the delivery in hand if it is quick; the next process goes on."""
        self._stopping.set()
        self._news.set()
        for thread in self._threads:
            thread.join(15)

    def is_alive(self) -> bool:
        """Return whether it goes on by itself: not once another process has taken the rules over."""
        return all(thread.is_alive() for thread in self._threads)

    def _judge(self) -> None:
        sure, at = True, 0
        while not self._stopping.wait(min(float(TICK_S), max(0.0, at + TICK_S - self._clock()))):
            at = int(self._clock()) // TICK_S * TICK_S
            try:
                if not sure:
                    self._evaluator.open()
                end = self._clock() + _SHARE * TICK_S
                changed = self._evaluator.round(datetime.fromtimestamp(at, UTC), partial(self._is_past, end))
            except Fenced as error:
                self.trouble = str(error)
                _log.error("%s", error)
                return
            except StoreUnavailable as error:
                sure = False
                self._say(f"alert rules are not judged: {error}")
                continue
            except StoreError as error:
                sure = False
                self._say(f"what the alert rules say cannot be written: {error}")
                continue
            except Exception as error:  # whatever it is, the next round is tried
                sure = False
                _log.exception("a round of alert rules failed")
                self._say(f"alert rules are not judged: {type(error).__name__}: {error}")
                continue
            sure = True
            self._say("")
            if any(change.notification for change in changed):
                self._news.set()

    def _is_past(self, end: float) -> bool:
        return self._clock() > end

    def _tell(self) -> None:
        while not self._stopping.is_set():
            self._news.wait(TICK_S)
            self._news.clear()
            if self._stopping.is_set():
                return
            try:
                self._courier.deliver()
            except Fenced:
                return
            except StoreError as error:
                _log.warning("notifications wait: %s", error)
            except Exception:  # whatever it is, the next delivery is tried
                _log.exception("a delivery failed")

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            _log.warning("%s", trouble)
        self.trouble = trouble
