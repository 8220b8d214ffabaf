"""One signal asked about many answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from windvane.stream.detector import EventSignal
from windvane.stream.testing import batch_of

__all__ = ["of"]


def of(signal: EventSignal, answers: Iterable[Any], **event: Any) -> list[Any]:
    """Return what the signal says of calls with these answers, None where it says nothing."""
    said: Any = signal.score(batch_of({**event, "response": answer} for answer in answers))
    values: list[Any] = said.tolist() if hasattr(said, "tolist") else said.to_pylist()
    return [None if value != value else value for value in values]
