"""The names of all signals, and what is said of each: `docs/reference/signals.md` is generated from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Signal", "SignalInfo"]


class Signal(StrEnum):
    """Every signal that windvane ships. Each describes itself where it is written, by a `SignalInfo`."""

    # Groundedness
    GROUNDEDNESS = "groundedness"
    UNSUPPORTED = "unsupported"
    UNSUPPORTED_NUMBERS = "unsupported_numbers"
    UNSUPPORTED_NAMES = "unsupported_names"
    UNSUPPORTED_DATES = "unsupported_dates"
    UNSUPPORTED_QUOTES = "unsupported_quotes"
    UNSUPPORTED_URLS = "unsupported_urls"
    UNSUPPORTED_CITATIONS = "unsupported_citations"
    CONSISTENCY = "contextual_consistency"
    # Uncertainty
    SURPRISE = "surprise"
    SURPRISE_ONSET = "surprise_onset"
    SURPRISE_PEAK = "surprise_peak"
    ENTROPY = "top_entropy"
    ENTROPY_PEAK = "top_entropy_peak"
    MARGIN = "top_margin"
    SURPRISE_FOR_MODEL = "surprise_for_model"
    # Form
    REFUSAL = "refusal"
    HEDGING = "hedging"
    APOLOGY = "apology"
    TRUNCATED = "truncated"
    REPETITION = "repetition"
    EMPTY = "empty_answer"
    LANGUAGE = "language"
    LANGUAGE_DIFFERS = "language_differs"
    JSON_VALID = "json_valid"
    SCHEMA_VALID = "schema_valid"
    CODE_VALID = "code_valid"
    # Retrieval
    CONTEXT_USED = "context_used"
    DOCUMENTS_USED = "documents_used"
    QUERY_MATCH = "query_document_match"
    DUPLICATE_DOCUMENTS = "duplicate_documents"
    UNUSED_TOKENS = "unused_context_tokens"
    UNUSED_COST = "unused_context_cost"
    # Accuracy
    EXACT_MATCH = "exact_match"
    NORMALIZED_MATCH = "normalized_match"
    NUMERIC_MATCH = "numeric_match"
    # Security
    INJECTION = "injection"
    INJECTION_SPAN = "injection_span"
    SECRETS_SEEN = "secrets_seen"
    PII_SEEN = "pii_seen"
    SENSITIVE_KINDS = "sensitive_kinds"
    # Prompts
    PROMPT_TEMPLATE = "prompt_template"
    # Cost and speed
    COST = "cost"
    PRICED_BY = "priced_by"
    REPEAT = "repeat"
    OUTPUT_RATE = "output_tokens_per_second"
    # Conversations and agents
    ANSWER_AGREEMENT = "answer_agreement"
    AGENT_STEPS = "agent_steps"
    AGENT_LOOP = "agent_loop"
    TOOL_CALLS = "tool_calls"
    # Embeddings
    EMBEDDING_DIMENSION = "embedding_dimension"
    EMBEDDING_NORM = "embedding_norm"
    EMBEDDING_BROKEN = "embedding_broken"
    EMBEDDING_DISTANCE = "embedding_distance"
    # Retrieval, by the app's own account
    RETRIEVED = "retrieved_documents"
    # Delivery
    LATE = "late"
    # Of a series
    BASELINE = "baseline"
    MODEL_DRIFT = "model_drift"
    INPUT_DRIFT = "input_drift"
    MODEL_CHANGED = "model_changed"
    BEHAVIOUR_SHIFT = "behaviour_shift"
    ERROR_SHIFT = "error_shift"
    QUALITY_SHIFT = "quality_shift"
    RETRIEVAL_SHIFT = "retrieval_shift"
    EMBEDDING_SHIFT = "embedding_shift"
    ANOMALY = "anomaly"
    TRAFFIC_SHIFT = "traffic_shift"
    SILENCE = "silence"
    PROVIDER_TROUBLE = "provider_trouble"
    COST_RUNAWAY = "cost_runaway"
    VERSION_DIFFERENCE = "version_difference"


@dataclass(frozen=True, slots=True)
class SignalInfo:
    """What a signal says, from which columns, by whose method, at what price."""

    unit: str
    """Of a number its unit; `label` or `spans` of a note; `change of state` of a series signal."""
    range: str
    columns: tuple[str, ...]
    """The event's columns that are read, by their names in `windvane.collectors.event.COLUMNS`."""
    source: str
    """The paper or the definition that it follows."""
    cost_us: float
    """Its budget, of a series signal its detector's: CPU microseconds per event that has what it needs, what it shares
    with others left out. `benchmarks/scoring.py` measures it."""
    doc: str
