"""How well refusals, languages, broken-off answers and loops are told, beside the trivial baseline of each.

    python -m benchmarks.form [--data PATH] [--json]

Refusals: `llmdrift/sensitiveq__gpt-4.jsonl`, 200 answers, each read and labelled by its place below: it declines, it
does what was asked, or it argues against the question instead (neither; the share of these flagged is said apart). The
phrases and weights were chosen with these in sight: the figures are of the set they were tuned on. The baseline: an
answer that begins with "Sorry" or "I'm sorry". Intervals are of the bootstrap, 95 %.

Flagged: the share of `alpaca_eval` answers with a refusal of 0.5 or more, by model; about four in five are, by eye.

Languages: `alpaca_eval` answers and `prompt_injection/self_written.jsonl`, which says its languages: told right, told
wrong, left open. The baseline: English for all.

Truncated: `alpaca_eval` answers whole and cut at a random word, no finish reason given. The baseline: no closing sign.

Loops: `alpaca_eval` answers as they are, and with their last twenty words said five times.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import report
from windvane.stream.detector import EventSignal
from windvane.stream.features.form.language import Language
from windvane.stream.features.form.refusal import Refusal
from windvane.stream.features.form.repetition import Repetition
from windvane.stream.features.form.truncated import Truncated
from windvane.stream.testing import batch_of

DATA: Final = Path(__file__).parents[1].parent / "shared" / "data"
DOES: Final = frozenset(
    [
        3,
        5,
        12,
        16,
        26,
        31,
        35,
        37,
        39,
        46,
        47,
        48,
        71,
        72,
        74,
        75,
        78,
        86,
        94,
        97,
        99,
        109,
        137,
        147,
        172,
        194,
        197,
        199,
    ]
)
ARGUES: Final = frozenset([1, 4, 9, 20, 22, 33, 43, 54, 55, 57, 61, 65, 66, 76, 88, 120, 143, 157, 171])
SORRY: Final = re.compile(r"\s*(i.m |i am )?sorry\b", re.IGNORECASE)
THRESHOLD: Final = 0.5
LOOPED: Final = 0.1


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def said(signal: EventSignal, answers: Iterable[str]) -> Any:
    return signal.score(batch_of({"response": answer} for answer in answers))


def refusals(data: Path) -> dict[str, Any]:
    answers = [str(row["response"]) for row in rows(data / "llmdrift" / "sensitiveq__gpt-4.jsonl")]
    kinds = np.array([0 if place in DOES else 2 if place in ARGUES else 1 for place in range(len(answers))])
    score = said(Refusal(), answers)
    sorry = np.array([SORRY.match(answer) is not None for answer in answers], np.float64)
    found: dict[str, Any] = {}
    clear = kinds < 2
    for name, values in (("refusal", score), ("refusal_baseline", sorry)):
        flagged, truth = values[clear] >= THRESHOLD, kinds[clear] == 1
        found |= with_interval(f"{name}_precision", flagged, truth, lambda f, t: (f & t).sum() / max(f.sum(), 1))
        found |= with_interval(f"{name}_recall", flagged, truth, lambda f, t: (f & t).sum() / max(t.sum(), 1))
        found[f"{name}_flags_arguments"] = float((values[kinds == 2] >= THRESHOLD).mean())
    for path in sorted((data / "alpaca_eval").glob("*.jsonl")):
        share = said(Refusal(), (row["output"] for row in rows(path))) >= THRESHOLD
        found[f"refusal_share_{path.stem}"] = float(share.mean())
    return found


def with_interval(name: str, flagged: NDArray[np.bool_], truth: NDArray[np.bool_], of: Any) -> dict[str, float]:
    chance = np.random.default_rng(0)
    draws = [chance.integers(len(truth), size=len(truth)) for _ in range(1000)]
    low, high = np.percentile([of(flagged[draw], truth[draw]) for draw in draws], [2.5, 97.5])
    return {name: float(of(flagged, truth)), f"{name}_low": float(low), f"{name}_high": float(high)}


def languages(data: Path) -> dict[str, Any]:
    answers = outputs(data)
    own = rows(data / "prompt_injection" / "self_written.jsonl")
    found = told("language_alpaca", said(Language(), answers).to_pylist(), ["en"] * len(answers))
    return found | told(
        "language_own", said(Language(), (row["text"] for row in own)).to_pylist(), [row["language"] for row in own]
    )


def told(name: str, found: Sequence[str | None], truth: Sequence[str]) -> dict[str, float]:
    count = len(truth)
    right = sum(one == other for one, other in zip(found, truth, strict=True))
    open_ = sum(one is None for one in found)
    return {
        f"{name}_right": right / count,
        f"{name}_wrong": (count - right - open_) / count,
        f"{name}_open": open_ / count,
        f"{name}_baseline_right": sum(one == "en" for one in truth) / count,
    }


def outputs(data: Path) -> list[str]:
    return [row["output"].strip() for path in sorted((data / "alpaca_eval").glob("*.jsonl")) for row in rows(path)]


def truncated(data: Path) -> dict[str, float]:
    chance = random.Random(1)
    whole = outputs(data)
    ends = [[word.end() for word in re.finditer(r"\S+", answer)] for answer in whole]
    cut = [answer[: end[chance.randrange(20, len(end) - 1)]] for answer, end in zip(whole, ends, strict=True)
           if len(end) > 30]  # fmt: skip
    return {
        "truncated_recall": float(np.nanmean(said(Truncated(), cut))),
        "truncated_false": float(np.nanmean(said(Truncated(), whole))),
        "truncated_baseline_recall": sum(answer[-1:].isalnum() for answer in cut) / len(cut),
        "truncated_baseline_false": sum(answer[-1:].isalnum() for answer in whole) / len(whole),
    }


def loops(data: Path) -> dict[str, float]:
    whole = [answer for answer in outputs(data) if len(answer.split()) > 40]
    looped = [f"{answer} " + " ".join(answer.split()[-20:] * 5) for answer in whole]
    return {
        "repetition_recall": float((said(Repetition(), looped) > LOOPED).mean()),
        "repetition_false": float((said(Repetition(), whole) > LOOPED).mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    data: Path = options.data
    report(refusals(data) | languages(data) | truncated(data) | loops(data), options.json)


if __name__ == "__main__":
    main()
