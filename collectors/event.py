"""The event: one model call, retrieval, embedding, tool call or piece of feedback, as a row of typed columns.

`COLUMNS` is the contract. A row is a tuple with one cell per column, in this order; None where the app said nothing.
Columns are only ever appended (a new minor version); a change of meaning is a new major version. Names are
OpenTelemetry's (semantic conventions for generative AI, v1.41) with dots turned to underscores.
`docs/reference/events.md` is generated from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

__all__ = ["BODIES", "COLUMNS", "INDEX", "MAX_EVENT_BYTES", "NAMES", "PYTHON_TYPES", "VERSION", "Column", "Kind", "Row"]

VERSION: Final = (1, 1)
"""Major and minor version of the columns below."""

MAX_EVENT_BYTES: Final = 512 * 1024
"""An encoded event above this is refused as oversize: an envelope of 900 KB must always take one."""

Row = tuple[Any, ...]


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    TIME = "a time"
    COUNT = "a count, an integer from 0 to 2^32 - 1"
    NUMBER = "a number, finite"
    SECONDS = "seconds, from 0 to 10^9"
    MONEY = "US dollars, a decimal number from 0 to 10^9"
    TEXTS = "a list of text"
    NUMBERS = "a list of numbers, each finite as a 32-bit float"
    MAP = "a map of text to text"


PYTHON_TYPES: Final[dict[Kind, Any]] = {
    # In a row a time is microseconds since 1970 in UTC, money is text: exact, both of them.
    Kind.TEXT: str,
    Kind.TIME: int,
    Kind.COUNT: int,
    Kind.NUMBER: float,
    Kind.SECONDS: float,
    Kind.MONEY: str,
    Kind.TEXTS: list[str],
    Kind.NUMBERS: list[float],
    Kind.MAP: dict[str, str],
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, the dotted attribute it stands for, other names it is known by."""

    name: str
    kind: Kind
    attribute: str
    aliases: tuple[str, ...]
    doc: str
    body: bool = False
    """Stored apart from the metrics, with a shorter life: it may hold what people wrote."""


def _column(attribute: str, kind: Kind, aliases: str, doc: str, *, body: bool = False) -> Column:
    return Column(attribute.replace(".", "_"), kind, attribute, tuple(aliases.split()), doc, body)


_T, _C, _N, _S = Kind.TEXT, Kind.COUNT, Kind.NUMBER, Kind.SECONDS

COLUMNS: Final[tuple[Column, ...]] = (
    _column("id", _T, "event_id", "The event's id; made from its place in the log where the app gives none."),
    _column("time", Kind.TIME, "timestamp ts", "When the call ended."),
    _column("service.name", _T, "service", "The app that made the call."),
    _column("gen_ai.operation.name", _T, "operation", "chat, embeddings, retrieval, execute_tool, feedback …"),
    _column("gen_ai.provider.name", _T, "provider gen_ai.system", "openai, anthropic, aws.bedrock …"),
    _column("gen_ai.request.model", _T, "model request_model", "The model the app asked for."),
    _column("gen_ai.response.model", _T, "response_model", "The model the provider says has answered."),
    _column("gen_ai.input.messages", _T, "prompt gen_ai.prompt", "The prompt: text, or messages as JSON.", body=True),
    _column(
        "gen_ai.output.messages", _T, "response gen_ai.completion", "The answer: text, or messages as JSON.", body=True
    ),
    _column("gen_ai.system_instructions", _T, "system", "The system prompt.", body=True),
    _column(
        "gen_ai.retrieval.documents",
        Kind.TEXTS,
        "context documents",
        "The retrieved documents, one text each.",
        body=True,
    ),
    _column("gen_ai.usage.input_tokens", _C, "input_tokens", "Tokens of the prompt, cached ones included."),
    _column("gen_ai.usage.output_tokens", _C, "output_tokens", "Tokens of the answer, reasoning included."),
    _column(
        "gen_ai.usage.cache_read.input_tokens", _C, "cached_tokens", "Input tokens read from the provider's cache."
    ),
    _column(
        "gen_ai.usage.cache_creation.input_tokens", _C, "cache_creation_tokens", "Input tokens written to that cache."
    ),
    _column("gen_ai.usage.reasoning.output_tokens", _C, "reasoning_tokens", "Output tokens spent on reasoning."),
    _column("gen_ai.client.operation.duration", _S, "latency duration", "From request to the last byte of the answer."),
    _column("gen_ai.response.time_to_first_chunk", _S, "ttft", "From request to the first byte of the answer."),
    _column("error.type", _T, "error", "What failed: a class or a status code; absent where nothing failed."),
    _column("error.message", _T, "", "The failure in words."),
    _column("gen_ai.response.finish_reasons", Kind.TEXTS, "finish_reasons finish_reason", "stop, length, tool_calls …"),
    _column("gen_ai.response.id", _T, "response_id", "The provider's id of the answer."),
    _column("gen_ai.output.type", _T, "output_type", "What was asked for: text, json …"),
    _column("gen_ai.request.temperature", _N, "temperature", "Sampling temperature asked for."),
    _column("gen_ai.request.max_tokens", _C, "max_tokens", "Output tokens allowed."),
    _column("gen_ai.tool.name", _T, "tool", "The tool that was called."),
    _column("user.id", _T, "user enduser.id", "Who asked."),
    _column("gen_ai.conversation.id", _T, "session conversation", "The conversation or session."),
    _column("trace_id", _T, "", "The trace, 32 hexadecimal digits."),
    _column("span_id", _T, "", "The span, 16 hexadecimal digits."),
    _column("parent_span_id", _T, "", "The span above."),
    _column("gen_ai.prompt.name", _T, "prompt_name", "The prompt template."),
    _column("gen_ai.prompt.version", _T, "prompt_version", "Its version."),
    _column("service.version", _T, "version", "The app's release."),
    _column("deployment.environment.name", _T, "environment", "production, staging …"),
    _column("gen_ai.evaluation.name", _T, "evaluation", "What was judged: helpfulness, thumbs …"),
    _column("gen_ai.evaluation.score.value", _N, "score", "Feedback or a check, as a number."),
    _column("gen_ai.evaluation.score.label", _T, "label", "Feedback, a check or an expected answer, as a word."),
    _column("target_id", _T, "", "The event that this feedback is about."),
    _column("cost", Kind.MONEY, "cost_usd", "What the call cost, where the app knows it."),
    _column("logprobs", Kind.NUMBERS, "", "Log-probability of each token of the answer.", body=True),
    _column("embedding", Kind.NUMBERS, "", "The embedding that the app has of the answer or the query.", body=True),
    _column("tags", Kind.MAP, "", "The app's own words: region, tenant, experiment …"),
    _column("attributes", Kind.MAP, "", "What no column takes, as JSON by its own name."),
    _column(
        "top_logprobs",
        _T,
        "",
        "Of each token of the answer the likeliest ones: lists of log-probabilities, or OpenAI's tokens, as JSON.",
        body=True,
    ),
)

NAMES: Final = tuple(column.name for column in COLUMNS)
INDEX: Final = {name: place for place, name in enumerate(NAMES)}
BODIES: Final = tuple(column.name for column in COLUMNS if column.body)
