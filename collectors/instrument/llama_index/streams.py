"""A stream of LlamaIndex's, passed on as it is read. It is a generator, as what it stands for."""

from __future__ import annotations

from types import AsyncGeneratorType, GeneratorType
from typing import Any

from windvane.collectors.instrument.llama_index.calls import Step
from windvane.collectors.instrument.stepping import steps, steps_later

__all__ = ["passed_on"]


def passed_on(result: Any, call: Step) -> Any:
    """Return what a call has returned: a value, which ends the call, or a stream that ends it with its own end."""
    made: Any
    if call.streams and isinstance(result, GeneratorType):
        made = steps(result, lambda: call)
    elif call.streams and isinstance(result, AsyncGeneratorType):
        made = steps_later(result, lambda: call)
    else:
        call.answered(result)
        return result
    made.__name__, made.__qualname__ = result.__name__, result.__qualname__
    return made
