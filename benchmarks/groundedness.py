"""How well `groundedness` and `unsupported` find what a document does not support.

    python -m benchmarks.groundedness --data PATH [--json] [--seeds N]

PATH is the data folder, or a file in the format of RAGTruth-QA (.jsonl) or BEGIN (.tsv). On a folder the figures of
RAGTruth are cross-validated by source, for the shipped weights were trained on it; on a file they are those of the
shipped model. Brackets are 95 % bootstrap intervals, by source. Beside each figure stand the trivial baselines: the
answer's length, and its new content words; for spans, every sentence with a new word.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import report
from benchmarks.groundedness_fit import Corpus, auroc, best_cut, f1, folds
from benchmarks.groundedness_sets import Answer, Read, begin, covered, paired, ragtruth, read
from windvane.cli.memory import keep_memory
from windvane.stream.batch import Batch
from windvane.stream.features.groundedness.grounded import Groundedness, Unsupported
from windvane.stream.features.groundedness.model import load, worst
from windvane.stream.testing import batch_of

LEAST: int = 9
"""Positives that a generator must have for a figure of its own."""


def within(answers: Sequence[Answer], score: NDArray[np.float64], rows: NDArray[np.int64] | None = None) -> float:
    """Return the mean AUROC within each generator that has enough positives."""
    rows = np.arange(len(answers)) if rows is None else rows
    model, positive = (
        np.array([one.model for one in answers])[rows],
        np.array([one.unsupported for one in answers])[rows],
    )
    each = [
        auroc(positive[own], score[rows][own])
        for own in (model == name for name in sorted(set(model)))
        if positive[own].sum() >= LEAST and not positive[own].all()
    ]
    return float(np.mean(each)) if each else float("nan")


def interval(answers: Sequence[Answer], figure: Callable[[NDArray[np.int64]], float], rounds: int = 500) -> list[float]:
    """Return the 2.5 and 97.5 percentiles of a figure over samples of the sources."""
    chance = np.random.RandomState(0)
    source = np.array([one.source or str(place) for place, one in enumerate(answers)])
    rows = {name: np.flatnonzero(source == name) for name in sorted(set(source))}
    names = sorted(rows)
    drawn = [
        figure(np.concatenate([rows[names[at]] for at in chance.randint(0, len(names), len(names))]))
        for _ in range(rounds)
    ]
    return [round(float(one), 3) for one in np.nanpercentile(drawn, [2.5, 97.5])]


def answers_figures(name: str, answers: Sequence[Answer], held: Read, score: NDArray[np.float64]) -> dict[str, Any]:
    """Return AUROC over all and within generators, with intervals and baselines."""
    positive = np.array([one.unsupported for one in answers])
    novel = np.bincount(held.sentences.text, held.novel, len(answers)).astype(np.float64)
    words = held.words.astype(np.float64)
    found: dict[str, Any] = {
        f"{name}_answers": len(answers),
        f"{name}_unsupported": int(positive.sum()),
        f"{name}_auroc": round(auroc(positive, score), 4),
        f"{name}_auroc_95": interval(answers, lambda rows: auroc(positive[rows], score[rows])),
        f"{name}_auroc_length": round(auroc(positive, words), 4),
        f"{name}_auroc_novel_words": round(auroc(positive, novel), 4),
    }
    if any(one.model for one in answers):
        found |= {
            f"{name}_within": round(within(answers, score), 4),
            f"{name}_within_95": interval(answers, lambda rows: within(answers, score, rows)),
            f"{name}_within_length": round(within(answers, words), 4),
            f"{name}_within_novel_words": round(within(answers, novel), 4),
        }
    return found


def shipped(answers: Sequence[Answer]) -> NDArray[np.float64]:
    """Return the shipped model's logits that answers are unsupported."""
    model = load()
    held = read(answers, model.novelty)
    return np.nan_to_num(worst(model.answer.logits(held.numbers), held.sentences, len(answers)), nan=-20.0)


def of_file(path: Path) -> dict[str, Any]:
    """Return the shipped model's figures on a file."""
    answers = begin(path) if path.suffix == ".tsv" else ragtruth(path)
    held = read(answers)
    found = answers_figures(path.stem, answers, held, shipped(answers))
    if any(one.spans for one in answers):
        said = Unsupported().score(_batch(answers)).to_pylist()
        spans = [json.loads(one) if one else [] for one in said]
        found[f"{path.stem}_span_f1"] = round(_span_f1(answers, spans), 4)
        every = [[(at, to) for at, to, new in _sentences(held, row) if new] for row in range(len(answers))]
        found[f"{path.stem}_span_f1_novel_sentences"] = round(_span_f1(answers, every), 4)
    return found


def cross_validated(data: Path, seeds: int) -> dict[str, Any]:
    """Return the figures on RAGTruth of heads that have not seen the source they judge."""
    answers = ragtruth(data / "ragtruth_qa" / "dev.jsonl")
    corpus = Corpus(answers, paired(data / "alpaca_eval"))
    every = np.ones(len(answers), bool)
    actual = sum(to - at for one in answers for at, to in one.spans)
    scores, rows = [], []
    for seed in range(seeds):
        score, spans = corpus.out_of_fold(every, seed)
        flagged, answer_flagged = np.zeros(len(spans), bool), np.zeros(len(answers), bool)
        for test in folds(corpus.source, seed):
            inner = [corpus.out_of_fold(~test, seed + 100 * step) for step in (1, 2)]
            flagged |= test[corpus.doc] & (spans >= corpus.span_cut([one for _, one in inner], ~test))
            answer_flagged[test] = score[test] >= best_cut(corpus.positive[~test], inner[0][0][~test])
        right = float((answer_flagged & corpus.positive).sum())
        rows.append([
            auroc(corpus.positive, score), within(answers, score), f1(*corpus.marked(flagged), actual),
            f1(right, answer_flagged.sum(), corpus.positive.sum()),
        ])  # fmt: skip
        scores.append(score)
    names = ("ragtruth_cv_auroc", "ragtruth_cv_within", "ragtruth_cv_span_f1", "ragtruth_cv_answer_f1")
    found: dict[str, Any] = {name: round(float(one), 4) for name, one in zip(names, np.mean(rows, 0), strict=True)}
    found |= {f"{name}_sd": round(float(one), 4) for name, one in zip(names, np.std(rows, 0), strict=True)}
    found |= answers_figures("ragtruth_cv_mean_of_seeds", answers, corpus.held, np.mean(scores, 0))
    found["ragtruth_span_f1_novel_sentences"] = round(f1(*corpus.marked(corpus.held.novel > 0), actual), 4)
    return found


def cost(answers: Sequence[Answer], size: int = 500, rounds: int = 15) -> float:
    """Return the CPU microseconds per answer of both signals, all they need of the texts included."""
    events = [{"context": [one.context], "prompt": one.query, "response": one.text} for one in answers][:size]
    times = []
    for _ in range(rounds):
        batch = batch_of(events)
        for name in ("gen_ai_output_messages", "gen_ai_input_messages", "gen_ai_retrieval_documents"):
            batch.arrow(name)
        start = time.process_time()
        for _, part in batch.parts():
            Groundedness().score(part)
            Unsupported().score(part)
        times.append((time.process_time() - start) / len(events) * 1e6)
    return round(float(np.median(times)), 1)


def _batch(answers: Sequence[Answer]) -> Batch:
    return batch_of({"context": [one.context], "prompt": one.query, "response": one.text} for one in answers)


def _sentences(held: Read, row: int) -> list[tuple[int, int, bool]]:
    own = np.flatnonzero(held.sentences.text == row)
    return [(int(held.begin[at]), int(held.end[at]), bool(held.novel[at])) for at in own]


def _span_f1(answers: Sequence[Answer], spans: Sequence[Sequence[Sequence[int]]]) -> float:
    """Return the F1 over all characters of all answers."""
    hit = predicted = 0.0
    for row, said in enumerate(spans):
        if said:
            begins, ends = (np.array(side) for side in zip(*said, strict=True))
            hit += covered(answers, np.full(len(said), row), begins, ends).sum()
            predicted += float((ends - begins).sum())
    return f1(hit, predicted, sum(to - at for one in answers for at, to in one.spans))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder, or one file")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--seeds", type=int, default=3, help="ways to cut the folds (default: 3)")
    options = parser.parse_args()
    keep_memory()
    if options.data.is_file():
        figures = of_file(options.data)
    else:
        figures = cross_validated(options.data, options.seeds)
        figures |= of_file(options.data / "begin" / "dev_wow.tsv")
        figures["us_per_answer"] = cost(ragtruth(options.data / "ragtruth_qa" / "dev.jsonl"))
    report(figures, options.json)


if __name__ == "__main__":
    main()
