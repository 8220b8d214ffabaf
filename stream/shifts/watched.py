"""What is watched: every number that an event has, which way of it is bad, and how much of that is worth a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.shifts.scales import Scale, score, share, size
from windvane.stream.signals import Signal

__all__ = ["FAILED", "GROUPS", "LATENCY", "LENGTH", "WATCHED", "Watched", "failed"]

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Watched:
    """One feature: a column or an event signal, by its name.

    Features of one group that move together have one cause, and are one alarm. `material` is the least change that is
    worth an alarm: of a size the ratio, of a share or a score the difference.
    """

    feature: str
    signal: Signal
    group: str
    title: str
    bad: Literal["up", "down", "both"]
    scale: Scale
    material: float
    unit: str = ""
    """How a number of it is written: `s`, `tokens`, `USD`, `%` of a share; empty for plain numbers."""
    read: Callable[[Batch], Numbers] | None = None
    """What it is of each event, NaN where absent; by default the event signal of its name."""
    of_failed: bool = False
    """Whether a failed call counts. Else it says nothing but that it failed."""

    def values(self, batch: Batch) -> Numbers:
        """Return the feature of each event, float64 (n,), NaN where absent."""
        values = self.read(batch) if self.read else batch.signal(self.feature)
        return values if self.of_failed else np.where(batch.derived(failed), np.nan, values)


def failed(batch: Batch) -> NDArray[np.bool_]:
    """Return which calls failed, bool (n,)."""
    return np.asarray(batch.arrow("error_type").is_valid().to_numpy(zero_copy_only=False), np.bool_)


def _column(name: str) -> Callable[[Batch], Numbers]:
    return lambda batch: batch.numbers(name)


def _ratio(part: str, whole: str) -> Callable[[Batch], Numbers]:
    def read(batch: Batch) -> Numbers:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(batch.numbers(whole) > 0, batch.numbers(part) / batch.numbers(whole), np.nan)

    return read


def _any(signal: str) -> Callable[[Batch], Numbers]:
    return lambda batch: np.minimum(batch.signal(signal), 1.0)


def _failed(batch: Batch) -> Numbers:
    # Feedback and other events that no model answered cannot fail, unless they say so.
    return np.where(batch.derived(failed), 1.0, np.where(np.isnan(batch.numbers(_SCORE)), 0.0, np.nan))


def _out_of_room(batch: Batch) -> Numbers:
    reasons = batch.arrow("gen_ai_response_finish_reasons")
    said = pc.fill_null(pc.list_value_length(reasons), 0).to_numpy(zero_copy_only=False)
    found = np.where(said > 0, 0.0, np.nan)
    at = np.flatnonzero(pc.equal(reasons.flatten(), "length").to_numpy(zero_copy_only=False))
    found[np.searchsorted(np.cumsum(said), at, side="right")] = 1.0
    return found


def _none_found(batch: Batch) -> Numbers:
    found = batch.signal(Signal.RETRIEVED)
    return np.where(np.isnan(found), np.nan, found == 0)


_SCORE: Final = "gen_ai_evaluation_score_value"
_LATENCY, _TTFT = "gen_ai_client_operation_duration", "gen_ai_response_time_to_first_chunk"
_INPUT, _OUTPUT = "gen_ai_usage_input_tokens", "gen_ai_usage_output_tokens"
_CACHED, _REASONING = "gen_ai_usage_cache_read_input_tokens", "gen_ai_usage_reasoning_output_tokens"
_BEHAVIOUR, _QUALITY, _RETRIEVAL = Signal.BEHAVIOUR_SHIFT, Signal.QUALITY_SHIFT, Signal.RETRIEVAL_SHIFT
_SECONDS, _TOKENS, _NATS = size(0.005), size(1.0), size(0.05)

FAILED: Final = 0
"""The place of the share of failed calls."""
# fmt: off
WATCHED: Final[tuple[Watched, ...]] = (
    Watched("error_type", Signal.ERROR_SHIFT, "errors", "failed calls", "up", share(), 0.03, "%", _failed, True),
    Watched(_LATENCY, _BEHAVIOUR, "times", "latency", "up", _SECONDS, 1.25, "s", _column(_LATENCY)),
    Watched(_TTFT, _BEHAVIOUR, "times", "time to first chunk", "up", _SECONDS, 1.25, "s", _column(_TTFT)),
    Watched(Signal.OUTPUT_RATE, _BEHAVIOUR, "times", "output speed", "down", size(0.1), 1.25, "tokens/s"),
    Watched(_INPUT, _BEHAVIOUR, "tokens", "input tokens", "both", _TOKENS, 1.3, read=_column(_INPUT)),
    Watched(_OUTPUT, _BEHAVIOUR, "tokens", "output tokens", "both", _TOKENS, 1.3, read=_column(_OUTPUT)),
    Watched(Signal.COST, _BEHAVIOUR, "tokens", "cost", "up", size(1e-6), 1.3, "USD"),
    Watched(_CACHED, _BEHAVIOUR, "tokens", "cached input tokens", "down", share(), 0.15, "%",
            _ratio(_CACHED, _INPUT)),
    Watched(_REASONING, _BEHAVIOUR, "tokens", "reasoning tokens", "both", share(), 0.15, "%",
            _ratio(_REASONING, _OUTPUT)),
    Watched("gen_ai_response_finish_reasons", _BEHAVIOUR, "cut off", "answers that ran out of room", "up", share(),
            0.05, "%", _out_of_room),
    Watched(Signal.TOOL_CALLS, _BEHAVIOUR, "agent", "tool calls per answer", "both", size(1.0), 1.4),
    Watched(Signal.AGENT_STEPS, _BEHAVIOUR, "agent", "steps of an agent", "up", size(1.0), 1.5),
    Watched(Signal.AGENT_LOOP, _BEHAVIOUR, "agent", "steps that repeat the one before", "up", share(), 0.1, "%",
            _any(Signal.AGENT_LOOP)),
    Watched(_SCORE, _QUALITY, "feedback", "feedback", "down", score(10.0), 0.15, "", _column(_SCORE), True),
    Watched(Signal.GROUNDEDNESS, _QUALITY, "grounding", "groundedness", "down", share(), 0.1),
    Watched(Signal.CONSISTENCY, _QUALITY, "grounding", "contextual consistency", "down", share(), 0.1),
    Watched(Signal.UNSUPPORTED_NUMBERS, _QUALITY, "grounding", "answers with unsupported numbers", "up", share(),
            0.15, "%", _any(Signal.UNSUPPORTED_NUMBERS)),
    Watched(Signal.UNSUPPORTED_NAMES, _QUALITY, "grounding", "answers with unsupported names", "up", share(), 0.15,
            "%", _any(Signal.UNSUPPORTED_NAMES)),
    Watched(Signal.UNSUPPORTED_URLS, _QUALITY, "grounding", "answers with unsupported URLs", "up", share(), 0.1, "%",
            _any(Signal.UNSUPPORTED_URLS)),
    Watched(Signal.CONTEXT_USED, _QUALITY, "grounding", "use of the documents", "down", share(), 0.1),
    Watched(Signal.SURPRISE, _QUALITY, "uncertainty", "surprise", "up", _NATS, 1.4, "nats per token"),
    Watched(Signal.ENTROPY, _QUALITY, "uncertainty", "entropy", "up", _NATS, 1.4, "nats per token"),
    Watched(Signal.REFUSAL, _QUALITY, "refusals", "refusal", "up", share(), 0.1),
    Watched(Signal.HEDGING, _QUALITY, "refusals", "hedges per 100 words", "up", share(100.0), 1.5),
    Watched(Signal.APOLOGY, _QUALITY, "refusals", "answers that apologise", "up", share(), 0.1, "%",
            _any(Signal.APOLOGY)),
    Watched(Signal.TRUNCATED, _QUALITY, "broken answers", "truncated answers", "up", share(), 0.05, "%"),
    Watched(Signal.EMPTY, _QUALITY, "broken answers", "empty answers", "up", share(), 0.03, "%"),
    Watched(Signal.REPETITION, _QUALITY, "broken answers", "repetition", "up", share(), 0.1),
    Watched(Signal.LANGUAGE_DIFFERS, _QUALITY, "language", "answers in another language than asked", "up", share(),
            0.05, "%"),
    Watched(Signal.JSON_VALID, _QUALITY, "form", "valid JSON", "down", share(), 0.05, "%"),
    Watched(Signal.SCHEMA_VALID, _QUALITY, "form", "answers that keep to the schema", "down", share(), 0.05, "%"),
    Watched(Signal.CODE_VALID, _QUALITY, "form", "answers with valid code", "down", share(), 0.05, "%"),
    Watched(Signal.EXACT_MATCH, _QUALITY, "accuracy", "exact matches", "down", share(), 0.1, "%"),
    Watched(Signal.NORMALIZED_MATCH, _QUALITY, "accuracy", "normalized matches", "down", share(), 0.1, "%"),
    Watched(Signal.NUMERIC_MATCH, _QUALITY, "accuracy", "numeric matches", "down", share(), 0.1, "%"),
    Watched(Signal.ANSWER_AGREEMENT, _QUALITY, "agreement", "agreement of answers", "down", share(), 0.2),
    Watched(Signal.INJECTION, _QUALITY, "injection", "injection score", "up", share(), 0.1),
    Watched(Signal.SECRETS_SEEN, _QUALITY, "secrets", "calls with secrets", "up", share(), 0.03, "%",
            _any(Signal.SECRETS_SEEN)),
    Watched(Signal.PII_SEEN, _QUALITY, "personal data", "calls with personal data", "up", share(), 0.1, "%",
            _any(Signal.PII_SEEN)),
    Watched(Signal.QUERY_MATCH, _RETRIEVAL, "retrieval", "match of documents and question", "down", share(), 0.1),
    Watched(Signal.UNUSED_TOKENS, _RETRIEVAL, "retrieval", "unused context tokens", "up", _TOKENS, 1.4),
    Watched(Signal.RETRIEVED, _RETRIEVAL, "retrieval", "documents found", "both", size(1.0), 1.4),
    Watched("empty_retrieval", _RETRIEVAL, "retrieval", "retrievals that find nothing", "up", share(), 0.05, "%",
            _none_found),
    Watched(Signal.DUPLICATE_DOCUMENTS, _RETRIEVAL, "retrieval", "calls with duplicate documents", "up", share(), 0.15,
            "%", _any(Signal.DUPLICATE_DOCUMENTS)),
    Watched(Signal.EMBEDDING_DIMENSION, Signal.EMBEDDING_SHIFT, "embeddings", "embedding dimension", "both",
            size(1.0), 1.01),
    Watched(Signal.EMBEDDING_NORM, Signal.EMBEDDING_SHIFT, "embeddings", "embedding length", "both", size(1e-3), 1.1),
    Watched(Signal.EMBEDDING_BROKEN, Signal.EMBEDDING_SHIFT, "embeddings", "broken embeddings", "up", share(), 0.02,
            "%"),
    Watched(Signal.EMBEDDING_DISTANCE, Signal.EMBEDDING_SHIFT, "embeddings", "distance of embeddings from their mean",
            "both", share(2.0), 0.1),
)
# fmt: on
LATENCY, LENGTH = (
    next(place for place, one in enumerate(WATCHED) if one.feature == name) for name in (_LATENCY, _OUTPUT)
)
"""The places of the latency, and of the answer's tokens."""
GROUPS: Final = tuple(dict.fromkeys(one.group for one in WATCHED))
