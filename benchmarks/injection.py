"""How well `injection` finds injections, and what it costs.

    python -m benchmarks.injection --data PATH [--refit] [--file PATH] [--json]

As shipped, on texts that were not taught: `notinject_*` and `prompts_*` (the threshold was set by them: optimistic),
`check_*` (self-written), `unseen_*` (ours, written to be unlike what is taught), `documents_alarms` (RAG passages),
`hidden_caught` (a check attack within a RAG passage). Brackets are 95 % by bootstrap. `us_per_text` is CPU time per
1.5 KB of text, its words found included.

With `--refit` the model learns anew without what it is measured on: `deepset_random` in 5 folds of rows,
`deepset_grouped` in 5 folds of near-duplicates, `deepset_unseen` without any row of deepset, `family_*` without any of
ours of that family.

With `--file` one more set: JSON lines with `text` or `prompt`, and `label` (1 = injection; absent: 0).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import rankdata

from benchmarks.common import report
from benchmarks.injection_baselines import CharacterModel, trigger_hits
from benchmarks.injection_groups import groups_of
from benchmarks.train_injection import Corpus, corpus_of, learn, threshold
from windvane.cli.memory import keep_memory
from windvane.stream.features.injection.injection import DOCUMENT_ODDS
from windvane.stream.features.injection.model import shipped
from windvane.stream.text.words import words_of

_FOLDS: Final = 5
_DRAWS: Final = 1000


def auroc(odds: NDArray[np.float64], attack: NDArray[np.int64]) -> float:
    ranks, yes = rankdata(odds), attack == 1
    return float((ranks[yes].sum() - yes.sum() * (yes.sum() + 1) / 2) / (yes.sum() * (~yes).sum()))


def interval(values: NDArray[Any]) -> str:
    """Return a share and its 95 % interval by bootstrap."""
    chance = np.random.default_rng(0)
    drawn = [values[chance.integers(0, len(values), len(values))].mean() for _ in range(_DRAWS)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{values.mean():.3f} ({low:.3f}-{high:.3f})"


def auroc_interval(odds: NDArray[np.float64], attack: NDArray[np.int64], group: NDArray[np.int64]) -> str:
    """Return an AUROC and its 95 % interval by bootstrap over groups."""
    chance, members = np.random.default_rng(0), [np.flatnonzero(group == one) for one in np.unique(group)]
    drawn = []
    for _ in range(_DRAWS // 4):
        rows = np.concatenate([members[one] for one in chance.integers(0, len(members), len(members))])
        drawn.append(auroc(odds[rows], attack[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{auroc(odds, attack):.4f} ({low:.4f}-{high:.4f})"


def odds_of(texts: list[str]) -> NDArray[np.float64]:
    return shipped().worst(words_of(pa.array(texts, pa.string()))).odds


def as_shipped(corpus: Corpus) -> Iterator[tuple[str, Any]]:
    texts = np.array([text.text for text in corpus.texts], object)
    kept = {
        name: texts[(corpus.source == name) & ~corpus.taught]
        for name in ("notinject", "prompts", "documents", "answers", "code", "readmes", "licences")
    }
    for name in ("check", "unseen"):
        rows = corpus.source == name
        odds, attack, hits = odds_of(texts[rows].tolist()), corpus.attack[rows], trigger_hits(texts[rows].tolist())
        yield f"{name}_auroc", auroc_interval(odds, attack, np.arange(len(odds)))
        yield f"{name}_auroc_triggers", round(auroc(hits, attack), 4)
        yield f"{name}_caught", interval(odds[attack == 1] >= 0)
        yield f"{name}_caught_triggers", interval(hits[attack == 1] > 0)
        yield f"{name}_ordinary_passed", interval(odds[attack == 0] < 0)
    for name in ("notinject", "prompts"):
        yield f"{name}_passed", interval(odds_of(kept[name].tolist()) < 0)
        yield f"{name}_passed_triggers", interval(trigger_hits(kept[name].tolist()) == 0)
    for name in ("documents", "answers", "code", "readmes", "licences"):
        yield f"{name}_alarms", interval(odds_of(kept[name].tolist()) >= DOCUMENT_ODDS)
    yield "documents_alarms_triggers", interval(trigger_hits(kept["documents"].tolist()) > 0)
    orders = texts[(corpus.source == "check") & (corpus.attack == 1)]
    hidden = [
        f"{page[:700]}\n{order}\n{page[700:]}"
        for order, page in zip(orders, np.resize(kept["documents"], len(orders)), strict=True)
    ]
    yield "hidden_caught", interval(odds_of(hidden) >= DOCUMENT_ODDS)
    yield "us_per_text", cost([page for page in texts[corpus.source == "documents"]])


def refitted(corpus: Corpus) -> Iterator[tuple[str, Any]]:
    deepset = corpus.source == "deepset"
    rows, attack = np.flatnonzero(deepset), corpus.attack[deepset]
    texts = [corpus.texts[row].text for row in rows.tolist()]
    group = groups_of(texts)
    shift = threshold(corpus, learn(corpus).odds)
    chance = np.random.default_rng(0)
    for name, fold in (
        ("random", chance.permutation(len(rows)) % _FOLDS),
        ("grouped", chance.integers(0, _FOLDS, group.max() + 1)[group]),
    ):
        odds, plain = np.zeros(len(rows)), np.zeros(len(rows))
        for each in range(_FOLDS):
            out = np.zeros(len(corpus.texts), bool)
            out[rows[fold == each]] = True
            odds[fold == each] = learn(corpus, out).odds[rows[fold == each]]
            model = CharacterModel([texts[at] for at in np.flatnonzero(fold != each)], attack[fold != each])
            plain[fold == each] = model.odds([texts[at] for at in np.flatnonzero(fold == each)])
        yield f"deepset_{name}_auroc", auroc_interval(odds, attack, group)
        yield f"deepset_{name}_auroc_characters", auroc_interval(plain, attack, group)
        yield f"deepset_{name}_caught", interval(odds[attack == 1] >= shift)
        yield f"deepset_{name}_ordinary_passed", interval(odds[attack == 0] < shift)
    characters = CharacterModel(texts, attack)
    traps = [text.text for text in corpus.texts if text.source == "notinject"]
    yield "notinject_passed_characters", interval(characters.odds(traps) < 0)
    yield "deepset_auroc_triggers", round(auroc(trigger_hits(texts), attack), 4)
    odds = learn(corpus, deepset).odds[rows]
    yield "deepset_unseen_auroc", auroc_interval(odds, attack, group)
    yield "deepset_unseen_caught", interval(odds[attack == 1] >= shift)
    ours = (corpus.source == "ours") & (corpus.attack == 1)
    base = np.char.rstrip(corpus.family, "0123456789")
    for family in np.unique(base[ours]):
        out = ours & (base == family)
        yield f"family_{family}_caught", interval(learn(corpus, out).odds[out] >= shift)


def cost(pages: list[str]) -> float:
    """Return CPU microseconds per text of 1,500 characters, the best of many rounds of 300."""
    texts = pa.array([(pages[at % len(pages)] + " " + pages[at * 7 % len(pages)])[:1500] for at in range(300)])
    keep_memory()
    model, best = shipped(), float("inf")
    for _ in range(40):
        start = time.thread_time()
        model.worst(words_of(texts))
        best = min(best, time.thread_time() - start)
    return round(best / len(texts) * 1e6, 1)


def one_file(path: Path) -> Iterator[tuple[str, Any]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    texts = [row["text"] if "text" in row else row["prompt"] for row in rows]
    attack = np.array([int(row.get("label", 0)) for row in rows])
    odds, hits = odds_of(texts), trigger_hits(texts)
    if attack.any():
        yield "file_caught", interval(odds[attack == 1] >= 0)
        yield "file_caught_triggers", interval(hits[attack == 1] > 0)
    if not attack.all():
        yield "file_passed", interval(odds[attack == 0] < 0)
        yield "file_passed_triggers", interval(hits[attack == 0] == 0)
    if 0 < attack.sum() < len(attack):
        yield "file_auroc", auroc_interval(odds, attack, np.arange(len(odds)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the data folder")
    parser.add_argument("--file", type=Path, help="one more set")
    parser.add_argument("--refit", action="store_true", help="also what needs the model to learn anew: many minutes")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    if options.data:
        corpus = corpus_of(options.data)
        figures.update(as_shipped(corpus))
        if options.refit:
            figures.update(refitted(corpus))
    if options.file:
        figures.update(one_file(options.file))
    if not figures:
        parser.error("name a data folder by --data, or a set by --file")
    report(figures, options.json)


if __name__ == "__main__":
    main()
