"""A failure of LiteLLM's in the words of a row. It maps all exceptions to its own, which are OpenAI's too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from windvane.collectors.instrument.failing import error_of
from windvane.collectors.instrument.messages import plain

__all__ = ["failure"]


def failure(error: BaseException) -> tuple[str, str]:
    """Return `error.type` and `error.message`, as `error_of` does for the provider's own library."""
    while isinstance(inner := getattr(error, "original_exception", None), BaseException) and inner is not error:
        error = inner  # a stream's, or a retry's
    if not type(error).__module__.startswith("litellm."):
        return error_of(error)
    kind, words = error_of(error)
    names = {one.__name__ for one in type(error).__mro__}
    kinds = [error_of(one)[0] for one in _behind(error)]
    # LiteLLM gives a status to what was never answered, too.
    lost = next((one for one in kinds if one in ("connection", "timeout")), None)
    if "APITimeoutError" in names:
        kind = "timeout"
    elif lost is not None:
        kind = lost
    elif "APIConnectionError" in names:  # its word for all that it does not know
        kind = kinds[0] if kinds else "connection"
    source = error.__cause__ or error.__context__
    if not isinstance(getattr(error, "body", None), dict) and source is not None:
        words = _words(source) or words
    return kind, words


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Yield what others have raised that led to it, the last first, up to an answer or an earlier attempt."""
    source = error.__cause__ or error.__context__
    while source is not None and type(source).__module__ != "litellm.exceptions":
        if not type(source).__module__.startswith("litellm."):
            yield source
            if getattr(source, "response", None) is not None:
                return
        source = source.__cause__ or source.__context__


def _words(source: BaseException) -> str:
    """Return the provider's words, which LiteLLM hands on as the answer's text."""
    said = str(source)
    try:
        body: Any = msgspec.json.decode(said)
    except msgspec.DecodeError:
        return said
    inner = plain(body).get("error", body)
    return str(plain(inner).get("message") or said)
