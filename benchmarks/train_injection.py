"""Make the weights behind `injection`: `python -m benchmarks.train_injection --data PATH`.

Writes `stream/features/injection/weights.npz` and beside it `weights.json`, which says where they come from.
Half of the ordinary texts, NotInject and the check texts are not taught: `benchmarks.injection` measures on them.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.injection_fit import Design, Fitted, design, fit, lexicon_of, weights_of
from benchmarks.injection_texts import Text, lexicon_lines, read_texts
from windvane.stream.features.injection.sentences import Lexicon

__all__ = ["Corpus", "corpus_of", "learn", "threshold"]

_WEIGHTS: Final = Path(__file__).parent.parent / "stream/features/injection/weights.npz"
_PASSED: Final = {"notinject": 0.97, "prompts": 0.94}
"""The threshold is the lowest at which these shares of texts that were not taught pass."""


@dataclass(frozen=True)
class Corpus:
    """All texts, as features."""

    texts: Sequence[Text]
    lexicon: Lexicon
    made: Design
    attack: NDArray[np.int64]
    weight: NDArray[np.float64]
    taught: NDArray[np.bool_]
    source: NDArray[np.str_]
    family: NDArray[np.str_]


def corpus_of(data: Path) -> Corpus:
    texts = read_texts(data)
    lexicon, _ = lexicon_of(lexicon_lines())
    return Corpus(
        texts,
        lexicon,
        design([text.text for text in texts], lexicon),
        np.array([text.attack for text in texts], np.int64),
        np.array([text.weight for text in texts]),
        np.array([text.taught for text in texts]),
        np.array([text.source for text in texts]),
        np.array([text.family for text in texts]),
    )


def learn(corpus: Corpus, without: NDArray[np.bool_] | None = None) -> Fitted:
    """Return the model that learns from all that is taught but `without`."""
    taught = corpus.taught if without is None else corpus.taught & ~without
    return fit(corpus.made, corpus.attack, corpus.weight, taught)


def threshold(corpus: Corpus, odds: NDArray[np.float64]) -> float:
    """Return the log odds from which on a text is called an injection."""
    return max(
        float(np.quantile(odds[(corpus.source == name) & ~corpus.taught], share)) for name, share in _PASSED.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    corpus = corpus_of(parser.parse_args().data)
    fitted = learn(corpus)
    shift = threshold(corpus, fitted.odds)
    held: dict[str, Any] = weights_of(fitted, corpus.lexicon, shift)
    np.savez_compressed(_WEIGHTS, **held)
    counts = Counter((text.source, text.attack) for text in corpus.texts if text.taught)
    provenance = {
        "made by": "python -m benchmarks.train_injection",
        "taught": [
            {"set": source, "attacks": attack, "texts": count} for (source, attack), count in sorted(counts.items())
        ],
        "sets": {
            "ours, grammar": "benchmarks/data/injection_*.txt, the project's own",
            "self-written": "the project's own",
            "deepset": "deepset/prompt-injections, training part, Apache-2.0",
            "prompts, answers": "AlpacaEval, CC-BY-NC-4.0 (prompts)",
            "queries, documents": "RAGTruth, MIT",
            "tasks": "LLMDrift, Apache-2.0",
            "personal": "presidio-research, MIT",
            "knowledge": "BEGIN",
            "code, readmes, licences": "pieces of the standard library and of packages installed beside the trainer",
        },
        "threshold": f"{shift:.3f} before it was made 0: {_PASSED} of texts not taught pass",
        "numbers": {name: int(np.size(values)) for name, values in held.items()},
    }
    _WEIGHTS.with_suffix(".json").write_text(
        json.dumps(provenance, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    print(f"{_WEIGHTS.name}: {_WEIGHTS.stat().st_size:,} bytes, threshold {shift:.3f}")


if __name__ == "__main__":
    main()
