"""What gets out of what is secret or personal, and how much else is masked with it.

  leaked_*     share of texts of which the secret, half of it, or either as the form writes it, is among the bytes
               that were sent or stored: by path, by kind, by form. Paths are whole: an app's calls by hand or by
               OpenAI's and Anthropic's libraries to the bytes on the wire or in the file; JSON and OTLP through the
               gateway to the files of its log. One text of forty has 100,000 characters
  missing      events that did not arrive: what is not there cannot leak
  control_*    share of texts that the same search finds where redaction is off; what it misses was cut for its size
  naive_*      the same texts with what a list of simple expressions finds taken out, without any path
  false_*      share of clean texts in which anything is masked that is not what it was taken for

Everything is drawn with --seed; nothing is anybody's.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # `python benchmarks/leaks.py` as well as `python -m benchmarks.leaks`
    sys.path.insert(0, str(ROOT))

from benchmarks.common import report  # noqa: E402
from benchmarks.leaks_paths import PATHS, Sent, leaked  # noqa: E402
from benchmarks.leaks_texts import Planted, planted  # noqa: E402
from benchmarks.redaction import library, lines, naive, of_clean  # noqa: E402
from windvane.collectors.redaction.scanner import find  # noqa: E402

Figures = dict[str, Any]
GOALS: Final = {"leaked": 0.0, "missing": 0, "false_prose": 0.005, "false_code": 0.005}
"""At most."""
_AT_ONCE: Final = 256
"""Texts that go through a path together: each is looked for in what came out of all of them."""


def shares(part: Iterable[str], whole: Iterable[str]) -> dict[str, float]:
    """Return for each name which share of its texts is in `part`; the worst first, those without any left out."""
    counts, all_of = Counter(part), Counter(whole)
    found = {name: round(count / all_of[name], 4) for name, count in counts.items()}
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def through(path: str, texts: Sequence[Planted], redaction: str = "mask") -> tuple[list[Planted], int]:
    """Return the texts of which something got out of a path, and how many events did not arrive."""
    out: list[Planted] = []
    missing = 0
    for begin in range(0, len(texts), _AT_ONCE):
        some = texts[begin : begin + _AT_ONCE]
        with tempfile.TemporaryDirectory(prefix="windvane-leaks-") as name:
            sent = PATHS[path]([each.text for each in some], Path(name), redaction)
        out += leaked(some, sent)
        missing += len(some) - sent.events
    return out, missing


def of_paths(count: int, seed: int) -> Figures:
    """Send texts, others by each path."""
    out: list[Planted] = []
    all_texts: list[Planted] = []
    of_path: dict[str, float] = {}
    missing, control = 0, {}
    for number, path in enumerate(PATHS):
        texts = list(planted(count, seed * 100 + number))
        found, lost = through(path, texts)
        out, all_texts, missing = out + found, all_texts + texts, missing + lost
        of_path[path] = round(len(found) / count, 4)
        without = texts[: max(64, count // 10)]
        control[path] = round(len(through(path, without, "off")[0]) / len(without), 4)
        print(f"{path}: {len(found)} of {count}", file=sys.stderr, flush=True)
        for each in found[:5]:
            print(f"  {each.kind} {each.form}: {each.text[:300]!r}", file=sys.stderr, flush=True)
    bare = [each for each in all_texts if leaked([each], Sent(_without(each.text).encode(), 1))]
    return {
        "texts": len(all_texts), "missing": missing, "leaked": round(len(out) / len(all_texts), 5),
        "leaked_by_path": of_path, **_by("leaked", out, all_texts), "control_by_path": control,
        "naive_leaked": round(len(bare) / len(all_texts), 4), **_by("naive_leaked", bare, all_texts),
    }  # fmt: skip


def _by(name: str, out: Sequence[Planted], texts: Sequence[Planted]) -> Mapping[str, Any]:
    return {
        f"{name}_by_kind": shares((each.kind for each in out), (each.kind for each in texts)),
        f"{name}_by_form": shares((each.form for each in out), (each.form for each in texts)),
    }


def _without(text: str) -> str:
    """Return the text without what the list of simple expressions finds."""
    for found in sorted(naive(text), reverse=True):
        text = text[: found.start] + text[found.end :]
    return text


def of_clean_texts(data: Path, seed: int) -> Figures:
    """Look for secrets in real prose and code."""
    prose = [text for path in sorted((data / "alpaca_eval").glob("*.jsonl")) for text in lines(path, "output")]
    figures: Figures = {}
    for what, texts in (("prose", prose), ("code", list(library()))):
        for name, finder in (("", find), ("naive_", naive)):
            found = of_clean(texts, finder, random.Random(seed))
            figures |= {f"{name}false_{what}": found["false"], f"{name}false_{what}_95": found["false_95"]}
        figures[f"false_{what}_n"] = len(texts)
    return figures


def main() -> None:
    """Run, and print the figures, and which of them miss their goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with alpaca_eval: without it there is no clean prose")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--seed", type=int, default=7, help="of what is drawn (default: 7)")
    parser.add_argument("--texts", type=int, default=2000, help="drawn for each path (default: 2000)")
    given = parser.parse_args()
    figures = of_paths(given.texts, given.seed)
    if given.data is not None:
        figures |= of_clean_texts(given.data, given.seed)
    figures["missed"] = [name for name, goal in GOALS.items() if name in figures and figures[name] > goal]
    report(figures, given.json)


if __name__ == "__main__":
    main()
