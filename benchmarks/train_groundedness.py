"""Train the model behind `groundedness` and write it where it is shipped, with where it comes from.

    python -m benchmarks.train_groundedness --data PATH

PATH holds `ragtruth_qa/dev.jsonl` (labels) and `alpaca_eval/*.jsonl` (which words mean little when they are new). What
is written holds weights and counts by hash, no text.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from benchmarks.groundedness_fit import Corpus, logistic
from benchmarks.groundedness_sets import paired, ragtruth
from windvane.stream.features.groundedness.features import FEATURES
from windvane.stream.features.groundedness.model import Head

FOLDER: Final = Path(__file__).parent.parent / "stream" / "features" / "groundedness"
SEEDS: Final = 4
PROVENANCE: Final = {
    "trained_by": "python -m benchmarks.train_groundedness --data PATH",
    "labels": "RAGTruth-QA, 516 answers of six models with marked spans (Niu et al. 2024; MIT)",
    "words": "AlpacaEval, 9,660 pairs of two models' answers to one prompt, no labels (Apache-2.0)",
    "features": ", ".join(FEATURES),
}


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds ragtruth_qa and alpaca_eval")
    data = parser.parse_args().data
    corpus = Corpus(ragtruth(data / "ragtruth_qa" / "dev.jsonl"), paired(data / "alpaca_eval"))
    every = np.ones(len(corpus.answers), bool)
    heads = corpus.learn(every)
    runs = [corpus.out_of_fold(every, seed) for seed in range(SEEDS)]
    # How an answer's logit relates to labels is learnt on answers that the heads had not seen.
    seen = np.concatenate([answers for answers, _ in runs])
    calibration = logistic(seen[:, None], np.tile(corpus.positive, SEEDS).astype(np.float64), 0.0)
    default = float(heads.novelty.max())
    places = np.flatnonzero(heads.novelty < default - 0.01)
    model: dict[str, Any] = {
        "provenance": PROVENANCE,
        "answer": _rounded(heads.answer),
        "span": _rounded(heads.span),
        "span_threshold": round(corpus.span_cut([spans for _, spans in runs], every), 2),
        "calibration": [round(float(one), 4) for one in calibration],
        "novelty_default": round(default, 4),
    }
    (FOLDER / "model.json").write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    np.savez_compressed(
        FOLDER / "novelty.npz", places=places.astype(np.uint16), weights=heads.novelty[places].astype(np.float32)
    )
    print(f"{len(places)} words by hash; {sum(path.stat().st_size for path in FOLDER.glob('[mn]*.[jn]*')):,} bytes")


def _rounded(head: Head) -> Head:
    return Head(round(head.intercept, 4), [round(weight, 4) for weight in head.weights])


if __name__ == "__main__":
    main()
