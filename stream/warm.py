"""Have the scoring compiled before the first event waits for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from windvane.stream.compiled import kept
from windvane.stream.registry import make_pipeline
from windvane.stream.testing import batch_of

__all__ = ["warm"]

_log: Final = logging.getLogger("windvane.stream")
_SAID: Final = (
    "It opened in 1912, for the café's owner. I'm sorry: \"call 555-0100\" or mail a@b.example!\n- one\n- two"
)
_CALL: Final[dict[str, Any]] = {
    "service": "s", "model": "m", "provider": "p", "prompt": "When did the café open?", "response": _SAID,
    "context": [_SAID, "The café opened in 1912."], "latency": 1.0, "ttft": 0.1, "input_tokens": 9, "output_tokens": 9,
    "logprobs": [-0.1, -0.2], "embedding": [0.1, 0.2], "user": "u", "session": "c", "trace_id": "t", "cost": "0.01",
    "version": "1", "prompt_version": "1", "finish_reasons": ["stop"], "tags": {"region": "eu"},
}  # fmt: skip
_CALLS: Final = (_CALL, {**_CALL, "prompt": "hi", "response": "hello", "context": []}, {"operation": "feedback"})


def warm(say: Callable[[str], object] = _log.info) -> None:
    """Load what is compiled, or compile it and `say` so: half a minute, on a machine's first start. Blocks."""
    if not kept():
        say("compiles the scoring for this machine: once, about half a minute")
    make_pipeline().score(batch_of(_CALLS))
