"""Which signals and detectors there are: ours, river's by name, and those of the user's installed packages."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from inspect import isfunction
from typing import Any, Final, Literal

from windvane.errors import ConfigError
from windvane.settings import setting
from windvane.stream.anomaly.minutes import Minutes
from windvane.stream.anomaly.novelty_on import NoveltyOn
from windvane.stream.baseline import Baseline
from windvane.stream.compare.cost_runaway import CostRunaway
from windvane.stream.compare.provider_trouble import ProviderTrouble
from windvane.stream.compare.version_difference import VersionDifference
from windvane.stream.detector import Detector, EventSignal, FunctionSignal, LearnedSignal
from windvane.stream.drift.answers.answer_drift import AnswerDrift
from windvane.stream.drift.model_changed import ModelChanged
from windvane.stream.features.accuracy import ExactMatch, NormalizedMatch, NumericMatch
from windvane.stream.features.agents.loop import AgentLoop
from windvane.stream.features.agents.steps import AgentSteps
from windvane.stream.features.agents.tool_calls import ToolCalls
from windvane.stream.features.agreement import AnswerAgreement
from windvane.stream.features.cost.cost import Cost, PricedBy
from windvane.stream.features.cost.repeat import Repeat
from windvane.stream.features.embeddings.distance import EmbeddingDistance
from windvane.stream.features.embeddings.shape import EmbeddingBroken, EmbeddingDimension, EmbeddingNorm
from windvane.stream.features.form.apology import Apology
from windvane.stream.features.form.code import CodeValid
from windvane.stream.features.form.empty import EmptyAnswer
from windvane.stream.features.form.hedging import Hedging
from windvane.stream.features.form.json import JsonValid
from windvane.stream.features.form.language import Language
from windvane.stream.features.form.language_differs import LanguageDiffers
from windvane.stream.features.form.refusal import Refusal
from windvane.stream.features.form.repetition import Repetition
from windvane.stream.features.form.schema import SchemaValid
from windvane.stream.features.form.truncated import Truncated
from windvane.stream.features.groundedness.consistency import Consistency
from windvane.stream.features.groundedness.grounded import Groundedness, Unsupported
from windvane.stream.features.injection.injection import Injection, InjectionSpan
from windvane.stream.features.late import Late
from windvane.stream.features.output_rate import OutputRate
from windvane.stream.features.prompt_template.prompt_template import PromptTemplate
from windvane.stream.features.retrieval.duplicates import DuplicateDocuments
from windvane.stream.features.retrieval.match import QueryMatch
from windvane.stream.features.retrieval.retrieved import Retrieved
from windvane.stream.features.retrieval.unused import UnusedCost, UnusedTokens
from windvane.stream.features.retrieval.used import ContextUsed, DocumentsUsed
from windvane.stream.features.sensitive.sensitive import PiiSeen, SecretsSeen, SensitiveKinds
from windvane.stream.features.uncertainty.surprise import Surprise, SurpriseOnset, SurprisePeak
from windvane.stream.features.uncertainty.surprise_for_model import SurpriseForModel
from windvane.stream.features.uncertainty.top_tokens import Entropy, EntropyPeak, Margin
from windvane.stream.features.unsupported.links import UnsupportedCitations, UnsupportedUrls
from windvane.stream.features.unsupported.names import UnsupportedNames
from windvane.stream.features.unsupported.numbers import UnsupportedDates, UnsupportedNumbers
from windvane.stream.features.unsupported.quotes import UnsupportedQuotes
from windvane.stream.pipeline import Pipeline
from windvane.stream.shifts.shifts import Shifts
from windvane.stream.signals import SignalInfo

__all__ = ["CALIBRATED", "DETECTORS", "EVENT_SIGNALS", "LEARNED_SIGNALS", "SIGNALS", "make_detector", "make_pipeline"]

EVENT_SIGNALS: Final[tuple[type[EventSignal], ...]] = (
    Groundedness,
    Unsupported,
    UnsupportedNumbers,
    UnsupportedNames,
    UnsupportedDates,
    UnsupportedQuotes,
    UnsupportedUrls,
    UnsupportedCitations,
    Consistency,
    Surprise,
    SurpriseOnset,
    SurprisePeak,
    Entropy,
    EntropyPeak,
    Margin,
    Refusal,
    Hedging,
    Apology,
    Truncated,
    Repetition,
    EmptyAnswer,
    Language,
    LanguageDiffers,
    JsonValid,
    SchemaValid,
    CodeValid,
    ContextUsed,
    DocumentsUsed,
    QueryMatch,
    DuplicateDocuments,
    UnusedTokens,
    UnusedCost,
    ExactMatch,
    NormalizedMatch,
    NumericMatch,
    Injection,
    InjectionSpan,
    SecretsSeen,
    PiiSeen,
    SensitiveKinds,
    Cost,
    PricedBy,
    OutputRate,
    ToolCalls,
    EmbeddingDimension,
    EmbeddingNorm,
    EmbeddingBroken,
    Retrieved,
)  # fmt: skip
LEARNED_SIGNALS: Final[tuple[type[LearnedSignal], ...]] = (
    SurpriseForModel,
    PromptTemplate,
    Repeat,
    Late,
    AnswerAgreement,
    AgentSteps,
    AgentLoop,
    EmbeddingDistance,
)  # fmt: skip
DETECTORS: Final[dict[str, type[Detector]]] = {
    one.name: one
    for one in (
        Baseline,
        Shifts,
        Minutes,
        ProviderTrouble,
        CostRunaway,
        VersionDifference,
        ModelChanged,
        AnswerDrift,
    )
}  # fmt: skip

CALIBRATED: Final = 5.0
"""Detectors that find nothing to look at leave their part of the budget: with 1 here all of them together raised a
twentieth to a fifth of the false alarms that they might, on null streams of 10 to 10,000 series
(`benchmarks/null_streams.py`)."""

SIGNALS: Final[dict[Literal["event", "series"], dict[str, SignalInfo]]] = {
    "event": {one.name: one.info for one in EVENT_SIGNALS} | {one.name: one.info for one in LEARNED_SIGNALS},
    "series": {name: info for kind in DETECTORS.values() for name, info in kind.infos.items()},
}
"""What the signals of an event and of a series are, by name."""


def make_detector(spec: str) -> Detector:
    """Return the detector that `spec` names: one of ours, an entry point of `windvane.detectors`, or one of river's.

    Raises:
        ConfigError: there is none of that name, or its parameters are wrong.
    """
    if spec.startswith("river."):
        from windvane.stream.drift.river_detector import RiverDetector

        return RiverDetector(spec)
    if spec.startswith("novelty"):
        return NoveltyOn(spec)
    if spec in DETECTORS:
        return DETECTORS[spec]()
    for entry in entry_points(group="windvane.detectors", name=spec):
        made = _made(entry)
        if not isinstance(made, Detector):
            raise ConfigError(f"{entry.value} is no windvane.stream.detector.Detector. Update or remove its package")
        return made
    known = ", ".join(sorted(DETECTORS))
    by_name = "'novelty on <column>' and 'river.<module>.<Class>(…) on <column>'"
    raise ConfigError(f"there is no detector {spec!r}. Known: {known}, {by_name}")


def make_pipeline(detectors: Sequence[str] | None = None, *, partitions: int = 1) -> Pipeline:
    """Return a new pipeline with the named detectors (default: the settings', or all of ours) and every event signal.

    It may raise as many false alarms as the settings allow to all, divided by the log's `partitions`.

    Raises:
        ConfigError: see `make_detector`; or two of one name, or an installed package whose signal cannot be had.
    """
    signals: list[EventSignal | LearnedSignal] = [signal() for signal in EVENT_SIGNALS]
    signals += [signal() for signal in LEARNED_SIGNALS]
    for entry in entry_points(group="windvane.signals"):
        signal = _made_signal(entry)
        if not isinstance(signal, EventSignal | LearnedSignal):
            raise ConfigError(f"{entry.value} is no windvane.stream.detector.EventSignal. Update or remove its package")
        signals.append(signal)
    chosen = (setting("detectors") or DETECTORS) if detectors is None else detectors
    made = [make_detector(spec) for spec in chosen]
    for kind, names in (("detector", [one.name for one in made]), ("signal", [one.name for one in signals])):
        if twice := {name for name in names if names.count(name) > 1}:
            raise ConfigError(f"two {kind}s are named {min(twice)!r}: name each once, or remove a package")
    learned = [signal for signal in signals if isinstance(signal, LearnedSignal)]
    budget = CALIBRATED * setting("false_alarms_per_week") / partitions / (sum(one.share for one in made) or 1.0)
    for one in made:
        one.alarms_per_week = budget * one.share
    plain = [signal for signal in signals if isinstance(signal, EventSignal)]
    return Pipeline(made, plain, learned, setting("segments"))


def _made_signal(entry: EntryPoint) -> Any:
    """Return the signal of an entry point: of a class, or of a function of a batch, named as the entry point is."""
    try:
        found = entry.load()
    except Exception as error:
        raise ConfigError(f"{entry.value} of an installed package fails: {error}. Update or remove it") from error
    return FunctionSignal(entry.name, found) if isfunction(found) else _made(entry)


def _made(entry: EntryPoint) -> Any:
    """Return what an installed package's entry point makes."""
    try:
        return entry.load()()
    except Exception as error:
        raise ConfigError(f"{entry.value} of an installed package fails: {error}. Update or remove it") from error
