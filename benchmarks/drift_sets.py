"""Pairs of models' answers that a change is made of: LLMDrift's versions and alpaca_eval's models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from windvane.stream.drift.answers.features import Features, answer_features, prompt_features
from windvane.stream.testing import batch_of

__all__ = ["Answers", "Pair", "alpaca", "llmdrift", "pairs"]

Kind = Literal["llmdrift", "families", "near", "others"]


@dataclass(frozen=True)
class Answers:
    """A model's answers to a set of prompts, as the detector sees them."""

    model: str
    prompts: Features
    answers: Features
    texts: list[str]
    sources: NDArray[np.str_]
    """Which of the set's parts a prompt is of."""


@dataclass(frozen=True)
class Pair:
    """A change of models, `old` to `new`."""

    kind: Kind
    old: Answers
    new: Answers

    @property
    def name(self) -> str:
        """What the pair is called in the report."""
        return f"{self.old.model} -> {self.new.model}"


def llmdrift(data: Path) -> Iterator[tuple[Answers, Answers]]:
    """Yield the old and the new version's answers of each file; of more versions, each with the next."""
    for path in sorted((data / "llmdrift").glob("*.jsonl")):
        rows = _rows(path)
        versions = sorted({str(row["version"]) for row in rows})
        read = [
            _answers(
                f"{path.stem}/{version}",
                [(row["prompt"], row["response"] or "", "") for row in rows if str(row["version"]) == version],
            )
            for version in versions
        ]
        yield from zip(read, read[1:], strict=False)


def alpaca(data: Path) -> list[Answers]:
    """Return every model's answers."""
    return [
        _answers(path.stem, [(row["instruction"], row["output"] or "", row.get("dataset", "")) for row in _rows(path)])
        for path in sorted((data / "alpaca_eval").glob("*.jsonl"))
    ]


def pairs(data: Path) -> Iterator[Pair]:
    """Yield all pairs: LLMDrift's, and every ordered pair of alpaca_eval's models."""
    for old, new in llmdrift(data):
        yield Pair("llmdrift", old, new)
    for old, new in permutations(alpaca(data), 2):
        yield Pair(_kind(old.model, new.model), old, new)


def _kind(old: str, new: str) -> Kind:
    if _family(old) != _family(new):
        return "families"
    return "near" if _major(old) == _major(new) and old < new else "others"


def _family(model: str) -> str:
    """Return the leading letters of a model's name: gpt of gpt-4-0613 and of gpt4_0314."""
    found = re.match(r"[a-z]+", model.lower())
    return found[0] if found else model


def _major(model: str) -> str:
    """Return a model's name without its date and separators: gpt4 of gpt-4-0613 and of gpt4_0314."""
    undated = re.sub(r"[-_](?:\d{4}|\d{6}|\d{8}|preview|latest)\b", "", model.lower())
    return re.sub(r"[^a-z0-9.]", "", undated)


def _answers(model: str, rows: list[tuple[str, str, str]]) -> Answers:
    batch = batch_of({"prompt": prompt, "response": answer} for prompt, answer, _ in rows)
    return Answers(
        model, prompt_features(batch), answer_features(batch),
        [answer for _, answer, _ in rows], np.array([source for _, _, source in rows]),
    )  # fmt: skip


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
