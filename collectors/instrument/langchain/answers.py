"""What LangChain shows of an answer, in the words of a row: used where no library below has told of the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.langchain.messages import of_assistant
from windvane.collectors.instrument.messages import encode, message, plain, reason, text
from windvane.collectors.instrument.wire.base import Fields, count, word
from windvane.collectors.instrument.wire.google_generate import REASONS
from windvane.collectors.instrument.wire.openai_chat import CHAT, usage

__all__ = ["built", "carries", "completed", "replied"]

_KEYS: Final = frozenset({"type", "index", "id"})
"""What a block has besides its content."""
_ENDINGS: Final = ("finish_reason", "stop_reason", "stopReason", "done_reason")
"""Where providers' packages put the reason to finish."""
_REASONS: Final = {
    **REASONS,
    "complete": "stop",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
}
"""Words of Google's, Cohere's and Bedrock's, which they write in capitals or not."""


def carries(piece: Any) -> bool:
    """Return whether a piece of a streamed answer carries content: text, thoughts or a call of a tool.

    >>> carries("Paris"), carries([{"type": "text", "text": "", "index": 0}])
    (True, False)
    """
    if piece.__class__ is str:
        return bool(piece)
    if isinstance(piece, list):
        return any(one if isinstance(one, str) else any(one[key] for key in one.keys() - _KEYS) for one in piece)
    if isinstance(piece, dict):  # an event of the newer streams
        return piece.get("event") == "content-block-delta"
    piece = getattr(piece, "message", piece)
    if not hasattr(piece, "content"):  # of a text that is completed
        return bool(piece.text)
    more = piece.additional_kwargs
    called = getattr(piece, "tool_call_chunks", None) or more.get("function_call")
    return bool(called or more.get("reasoning_content") or carries(piece.content))


@guarded
def replied(generations: Sequence[Any]) -> Fields:
    """Return what is known of an answer by LangChain's generations: one, or as many as were asked for."""
    return _replied([(one.message, {**(one.generation_info or {}), **one.message.response_metadata})
                     for one in generations])  # fmt: skip


@guarded
def built(stream: Any) -> Fields:
    """Return what is known of an answer by a `ChatModelStream`, which has none before its end."""
    whole = stream.output_message
    return {} if whole is None else _replied([(whole, whole.response_metadata)])


def _replied(found: Sequence[tuple[Any, Mapping[str, Any]]]) -> Fields:
    """Return what is known by messages, each with what was said of it."""
    reasons = [_ended(one, metadata) for one, metadata in found]
    parts = [of_assistant(one) for one, _ in found]
    first, metadata = found[0]
    made = [message("assistant", *each) for each in zip(parts, reasons, strict=True) if any(each)]
    # Of one answer; more of them are the same call's, and say the same.
    return {
        "gen_ai_response_model": next((name for key in ("model_name", "model", "model_id", "modelId")
                                       if (name := word(metadata.get(key)))), None),
        "gen_ai_response_id": _id(first, metadata),
        "gen_ai_output_messages": encode(made),
        "gen_ai_response_finish_reasons": [ended for ended in reasons if ended] or None,
        **_usage(getattr(first, "usage_metadata", None) or {}),
        **_logs(metadata.get("logprobs")),
    }  # fmt: skip


def _id(one: Any, metadata: Mapping[str, Any]) -> str | None:
    """Return the provider's id: where there is none, LangChain makes one from that of its run."""
    own = word(one.id)
    return word(metadata.get("id")) or (own if own and not own.startswith(("run-", "lc_")) else None)


def _ended(one: Any, metadata: Mapping[str, Any]) -> str | None:
    found = next((metadata[name] for name in _ENDINGS if isinstance(metadata.get(name), str)), None)
    if found is not None:
        return reason(_REASONS.get(found.lower(), found.lower()))
    status = metadata.get("status")  # OpenAI's responses
    if status == "incomplete":
        return reason(plain(metadata.get("incomplete_details")).get("reason")) or "length"
    return ("tool_call" if one.tool_calls else "stop") if status == "completed" else None


def _usage(used: Mapping[str, Any]) -> Fields:
    """Return the tokens: LangChain's counts are of all, as ours are."""
    given, made = used.get("input_token_details") or {}, used.get("output_token_details") or {}
    return {
        "gen_ai_usage_input_tokens": count(used.get("input_tokens")),
        "gen_ai_usage_output_tokens": count(used.get("output_tokens")),
        "gen_ai_usage_cache_read_input_tokens": count(given.get("cache_read")),
        "gen_ai_usage_cache_creation_input_tokens": count(given.get("cache_creation")),
        "gen_ai_usage_reasoning_output_tokens": count(made.get("reasoning")),
    }


def _logs(logs: Any) -> Fields:
    """Return the log-probabilities, which are left as OpenAI's form has them."""
    if not isinstance(logs, dict) or not logs.get("content"):
        return {}
    read = CHAT.answer({"choices": [{"logprobs": logs}]})
    return {name: read[name] for name in ("logprobs", "top_logprobs")}


@guarded
def completed(generations: Sequence[Any], about: Mapping[str, Any]) -> Fields:
    """Return what is known of completed texts by LangChain's generations, and by what was said of all of them."""
    reasons = [reason((one.generation_info or {}).get("finish_reason")) for one in generations]
    made = [message("assistant", text(one.text), ended) for one, ended in zip(generations, reasons, strict=True)]
    return {
        "gen_ai_response_model": word(about.get("model_name")),
        "gen_ai_output_messages": encode(made),
        "gen_ai_response_finish_reasons": [ended for ended in reasons if ended] or None,
        **usage({"usage": about.get("token_usage")}, "prompt_tokens", "completion_tokens"),
    }
