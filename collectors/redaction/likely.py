"""The likeliest tokens of an answer, without the tokens: they spell out in pieces what patterns would find whole."""

from __future__ import annotations

from typing import Any, Final

import msgspec

__all__ = ["without_tokens"]


class _Likely(msgspec.Struct):
    logprob: float | None = None


class _Token(msgspec.Struct):
    top_logprobs: list[_Likely] = []


class _Content(msgspec.Struct):
    content: list[_Token] = []


_lists: Final = msgspec.json.Decoder(list[list[float | None]])
_tokens: Final = msgspec.json.Decoder(list[_Token])
_content: Final = msgspec.json.Decoder(_Content)


def without_tokens(cell: Any) -> str | None:
    """Return the log-probabilities alone, a list per token, as JSON; None of what is neither that nor OpenAI's tokens.

    >>> without_tokens('[{"token": "ann@", "top_logprobs": [{"token": "ann@", "logprob": -0.5}]}]')
    '[[-0.5]]'
    >>> without_tokens("[[-0.5, -1]]"), without_tokens("ann@shop.example")
    ('[[-0.5, -1]]', None)
    """
    try:
        if cell.startswith("[["):
            _lists.decode(cell)
            return str(cell)
        found = _content.decode(cell).content if cell.startswith("{") else _tokens.decode(cell)
    except (msgspec.DecodeError, AttributeError):
        return None
    return msgspec.json.encode([[likely.logprob for likely in token.top_logprobs] for token in found]).decode()
