"""Answers with what they were given: RAGTruth, BEGIN, and AlpacaEval for words that mean little when they are new."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.features.groundedness.features import NOVELTY_BITS, features, novel_words
from windvane.stream.features.groundedness.sentences import Sentences, sentences_of
from windvane.stream.features.support.support import support
from windvane.stream.testing import batch_of
from windvane.stream.text.stop_words import STOP_WORDS
from windvane.stream.text.texts import answer_words, document_words

__all__ = ["FLAT", "Answer", "Read", "ablated", "begin", "novelty_counts", "paired", "ragtruth", "read"]

FLAT: Final = np.ones(1 << NOVELTY_BITS)
"""Every new word weighs the same."""
_MODELS: Final = (
    "claude-2",
    "gpt-3.5-turbo-0301",
    "gpt-3.5-turbo-0613",
    "gpt4_0314",
    "gpt4_0613",
    "llama-2-7b-chat-hf",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`spans`: what people marked as unsupported, begin and end in characters; `unsupported`: whether it is at all."""

    context: str
    query: str
    text: str
    unsupported: bool = False
    spans: tuple[tuple[int, int], ...] = ()
    model: str = ""
    source: str = ""


def ragtruth(path: Path) -> list[Answer]:
    """Return the answers of a file in the format of RAGTruth-QA: d1, query, d2, labels, model, source_id."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        Answer(row["d1"], row["query"], row["d2"], bool(row["labels"]),
               tuple((span["start"], span["end"]) for span in row["labels"]), row["model"], str(row["source_id"]))
        for row in rows
    ]  # fmt: skip


def begin(path: Path) -> list[Answer]:
    """Return the answers of a file in the format of BEGIN: knowledge, message, response, begin_label."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        Answer(row["knowledge"] or "", row["message"] or "", row["response"] or "",
               row["begin_label"] != "Fully attributable")
        for row in rows
    ]  # fmt: skip


def paired(folder: Path) -> list[Answer]:
    """Return the answers of AlpacaEval's models, twice, with another model's answer to the same prompt as context."""
    sets = [[json.loads(line) for line in (folder / f"{name}.jsonl").open(encoding="utf-8")] for name in _MODELS]
    return [
        Answer(sets[(own + ahead) % len(sets)][place]["output"], row["instruction"], row["output"])
        for own in range(len(sets))
        for ahead in (1, 3)
        for place, row in enumerate(sets[own])
    ]


@dataclass(frozen=True)
class Read:
    """The sentences of answers as the product reads them, k in all.

    `numbers` float64 (k, 13); `sentences`; `begin`, `end` int64 (k,) in characters of their answers; `follows` int64
    (k,): where the next sentence of the answer begins, or this one ends; `novel` float64 (k,): new content words;
    `words` int64 (n,) of the answers.
    """

    numbers: NDArray[np.float64]
    sentences: Sentences
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    follows: NDArray[np.int64]
    novel: NDArray[np.float64]
    words: NDArray[np.int64]


def _batch(answers: Sequence[Answer]) -> Batch:
    return batch_of({"context": [one.context], "prompt": one.query, "response": one.text} for one in answers)


def read(answers: Sequence[Answer], novelty: NDArray[np.float64] = FLAT) -> Read:
    """Return what the product sees of the answers."""
    batch = _batch(answers)
    words, held = batch.derived(answer_words), batch.derived(support)
    sentences = sentences_of(words)
    numbers = features(words, sentences, held, batch.derived(document_words), novelty)
    begins = words.characters(words.begin[sentences.start], sentences.text)
    ends = words.characters(words.end[sentences.start + sentences.size - 1], sentences.text)
    follows = np.where(sentences.closes, ends, np.append(begins[1:], 0))
    novel = sentences.count(novel_words(words, held)[0])
    return Read(numbers, sentences, begins, ends, follows, novel, words.counts)


def novelty_counts(answers: Sequence[Answer]) -> tuple[NDArray[np.float64], int]:
    """Return in how many answers each stem is new, float64 (2^16,), and how many answers there are."""
    batch = _batch(answers)
    words = batch.derived(answer_words)
    at, place = novel_words(words, batch.derived(support))
    once = np.unique((words.owner[at] << NOVELTY_BITS) + place)
    return np.bincount(once & (1 << NOVELTY_BITS) - 1, minlength=1 << NOVELTY_BITS).astype(np.float64), len(answers)


def covered(
    answers: Sequence[Answer], of: NDArray[np.int64], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how many characters of each stretch, of the answers `of`, are marked."""
    return np.array([
        sum(max(0, min(end, to) - max(start, at)) for at, to in answers[owner].spans)
        for owner, start, end in zip(of.tolist(), begins.tolist(), ends.tolist(), strict=True)
    ], np.float64)  # fmt: skip


def ablated(
    answers: Sequence[Answer], held: Read, clean: NDArray[np.bool_], *, most: int = 3, seed: int = 0
) -> tuple[list[Answer], NDArray[np.int64], NDArray[np.int64]]:
    """Return answers whose support was taken away, which of their sentences lost it, and which sentences these were.

    Of an answer a sentence that nobody marked is picked, and every sentence of the context that shares its words goes:
    the topic stays, the support does not. Half of the time the next sentence loses its own too, for unsupported ones
    come in runs.
    """
    chance = np.random.RandomState(seed)
    first = np.searchsorted(held.sentences.text, np.arange(len(answers)))
    made: list[Answer] = []
    lost: list[tuple[int, int]] = []
    origin: list[int] = []
    for number, answer in enumerate(answers):
        own = np.flatnonzero(held.sentences.text == number).tolist()
        said = {at: _stems(answer.text[held.begin[at] : held.end[at]]) for at in own}
        picks = [at for at in own if clean[at] and len(said[at]) >= 4]
        chance.shuffle(picks)
        parts = re.split(r"(?<=[.!?\n])\s*", answer.context)
        told = [_stems(part) for part in parts]
        for at in picks[:most]:
            group = [at] + ([at + 1] if chance.rand() < 0.5 and at + 1 in said and clean[at + 1] else [])
            gone: set[int] = set()
            for one in group:
                shared = np.array([len(said[one] & words) for words in told])
                gone |= set(np.flatnonzero(shared >= max(2, 0.4 * shared.max())).tolist())
            if gone and len(gone) < 0.7 * len(parts):
                lost += [(len(made), one - int(first[number])) for one in group]
                origin += group
                kept = " ".join(part for place, part in enumerate(parts) if place not in gone)
                made.append(replace(answer, context=kept))
    return made, np.array(lost), np.array(origin)


def _stems(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"\w+", text.lower()) if word not in STOP_WORDS}
