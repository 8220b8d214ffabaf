"""LlamaIndex's answers in the words of a row.

What a provider has answered in OpenAI's or Anthropic's form is read as such, from `raw`; else what LlamaIndex has made
of it.
"""

from __future__ import annotations

from typing import Any, Final

from windvane.collectors.instrument.llama_index.messages import parts_of
from windvane.collectors.instrument.messages import encode, joined, message, plain, reason, text
from windvane.collectors.instrument.wire.anthropic_messages import MESSAGES
from windvane.collectors.instrument.wire.base import Fields, count, word
from windvane.collectors.instrument.wire.openai_chat import CHAT, usage
from windvane.collectors.instrument.wire.openai_responses import RESPONSES

__all__ = ["Answer"]

_GIVEN: Final = ("prompt_tokens", "input_tokens", "inputTokens", "prompt_token_count", "prompt_eval_count")
_MADE: Final = ("completion_tokens", "output_tokens", "outputTokens", "candidates_token_count", "eval_count")
_ENDS: Final = ("stop_reason", "done_reason", "stopReason")


def _get(value: Any, name: str) -> Any:
    """Return what a dict or an object has by a name."""
    if value is None:
        return None
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


class Answer:
    """What has been said so far: one response, or the pieces of a streamed one."""

    __slots__ = ("_ended", "_last", "_pieces", "_used")

    def __init__(self) -> None:
        self._last: Any = None
        self._pieces: list[str] | None = None
        self._ended: Any = None
        self._used: Any = None

    def whole(self, response: Any) -> None:
        """Take a response that came whole."""
        self._last = response

    def feed(self, response: Any) -> None:
        """Take a piece."""
        self._last, raw = response, response.raw
        if self._pieces is None:
            self._pieces = []
        if response.delta:
            self._pieces.append(response.delta)
        if raw is None:
            return
        if (choices := _get(raw, "choices")) and (ended := _get(choices[0], "finish_reason")):
            self._ended = ended
        if _get(raw, "usage") is not None:
            self._used = raw

    def carries(self) -> bool:
        """Return whether the last piece carries content: text, thoughts or a call of a tool."""
        last = self._last
        if last.delta or last.additional_kwargs.get("thinking_delta"):
            return True
        said = getattr(last, "message", None)
        return said is not None and any(part["type"] in ("tool_call", "reasoning") for part in parts_of(said))

    def fields(self) -> Fields:
        """Return it in the columns' words."""
        last = self._last
        if last is None:
            return {}
        raw = last.raw
        if raw is not None and (made := self._whole(raw)) is not None:
            return made
        return self._read(raw)

    def _whole(self, raw: Any) -> Fields | None:
        """Read an answer of a known form that came whole, or at the end of a stream."""
        if (choices := _get(raw, "choices")) and self._pieces is None:
            if _get(choices[0], "message") is None and _get(choices[0], "text") is None:
                return None
            body = plain(raw)  # where it is a dict, it may hold objects
            choices = [plain(one) for one in body["choices"]]
            return CHAT.answer({**body, "choices": choices, "usage": plain(body.get("usage"))})
        if self._pieces is None and _get(raw, "type") == "message" and _get(raw, "content"):
            body = plain(raw)
            return MESSAGES.answer({**body, "usage": plain(body.get("usage"))})
        response = raw if self._pieces is None else _get(raw, "response")
        if _get(response, "output") and _get(response, "object") == "response":
            return RESPONSES.answer(plain(response))
        return None

    def _read(self, raw: Any) -> Fields:
        last = self._last
        said = getattr(last, "message", None)
        parts = parts_of(said) if said is not None else text(last.text)
        streamed = "".join(self._pieces or ())
        if len(streamed) > len(joined((part.get("content") for part in parts if part["type"] == "text"), "\n") or ""):
            parts = [part for part in parts if part["type"] == "reasoning"] + text(streamed) + [
                part for part in parts if part["type"] not in ("reasoning", "text")]  # fmt: skip
        ended = reason(self._ended or next(filter(None, (_get(raw, name) for name in _ENDS)), None))
        return {
            "gen_ai_response_model": word(_get(raw, "model")),
            "gen_ai_response_id": word(_get(raw, "id")),
            "gen_ai_output_messages": encode([message("assistant", parts, ended)] if parts or ended else []),
            "gen_ai_response_finish_reasons": [ended] if ended else None,
            **_usage(last, raw if self._used is None else self._used),
        }


def _usage(last: Any, raw: Any) -> Fields:
    used = _get(raw, "usage")
    if used is not None and _get(used, "prompt_tokens") is not None:
        return usage({"usage": plain(used)}, "prompt_tokens", "completion_tokens")
    google = _get(raw, "usage_metadata")
    places = [place for place in (last.additional_kwargs, used, google, raw) if place]

    def first(names: tuple[str, ...]) -> int | None:
        found = (count(_get(place, name)) for place in places for name in names)
        return next((number for number in found if number is not None), None)

    thoughts, made = count(_get(google, "thoughts_token_count")), first(_MADE)  # counted apart
    return {
        "gen_ai_usage_input_tokens": first(_GIVEN),
        "gen_ai_usage_output_tokens": made if thoughts is None else thoughts + (made or 0),
        "gen_ai_usage_reasoning_output_tokens": thoughts,
    }
