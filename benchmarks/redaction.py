"""What redaction finds, what it masks by mistake, and what it costs, beside a list of simple expressions.

  pii_*       Presidio's synthetic sentences (pii/presidio_synth_v2.jsonl in --data): recall and precision by kind.
              Names, places, dates and organizations are no business of expressions: `pii_not_covered` counts how many
              there are, and how many of them were masked by chance
  planted_*   secrets and numbers drawn by their issuers' formats (`redaction_texts.py`, --seed), in prose, code, JSON,
              logs, URLs, Chinese: recall (covered whole) and precision by kind
  decoys      share of texts masked that only look as if: ids, hashes, times, versions, code that reads a secret
  clean_*     share of texts of clean prose (alpaca_eval's answers, ragtruth's contexts) and code (Python's library, in
              pieces of 2,000 characters) in which anything is masked; `false`: less those in which all that is masked
              is an e-mail or IP address or a password in a URL by a strict reading, as prose and code do hold some
  us_per_kb_* microseconds of CPU per 1,024 bytes; `gate` is what a text pays in which nothing may be, `json` chat
              messages, `json_ids` tool calls that are mostly ids and times, `full` texts that all hold a secret

`naive_*` are the same figures of the baseline. Intervals are 95 %, by bootstrap over texts.
"""

from __future__ import annotations

import argparse
import email.utils
import ipaddress
import json
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # `python benchmarks/redaction.py` as well as `python -m benchmarks.redaction`
    sys.path.insert(0, str(ROOT))

from benchmarks.common import report  # noqa: E402
from benchmarks.redaction_texts import decoys, planted  # noqa: E402
from windvane.collectors.redaction import gate  # noqa: E402
from windvane.collectors.redaction.find import Find  # noqa: E402
from windvane.collectors.redaction.scanner import find  # noqa: E402

Figures = dict[str, Any]
Finder = Callable[[str], list[Find]]

GOALS: Final[dict[str, tuple[str, float]]] = {
    "planted_recall_least": (">=", 0.99), "planted_precision_least": (">=", 0.99),
    "pii_checkable_recall_least": (">=", 0.99),
    "clean_prose_false": ("<=", 0.005), "clean_code_false": ("<=", 0.005), "decoys": ("<=", 0.005),
    "us_per_kb_prose": ("<=", 20), "us_per_kb_code": ("<=", 20), "us_per_kb_json": ("<=", 20),
}  # fmt: skip

_OF_PRESIDIO: Final = {
    "CREDIT_CARD": "card", "PHONE_NUMBER": "phone", "IBAN_CODE": "iban", "EMAIL_ADDRESS": "email", "IP_ADDRESS": "ip",
    "US_SSN": "us_ssn",
}  # fmt: skip
_UNCHECKED: Final = ("phone",)
"""Kinds without a check digit or a fixed form."""

_NAIVE: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")),
    ("provider_key", re.compile(r"\bsk-[\w-]{20,}")),
    ("cloud_key", re.compile(r"\bAKIA[A-Z0-9]{16}\b")),
    ("git_token", re.compile(r"\bgh[pousr]_\w{36}\b")),
    ("jwt", re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")),
    ("private_key", re.compile(r"-----BEGIN[^-]+-----[\s\S]+?-----END[^-]+-----")),
    ("password", re.compile(r"(?i)(?:password|secret|token|api_?key)\"?\s*[:=]\s*\S+")),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b")),
    ("us_ssn", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    ("ip", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
    ("card", re.compile(r"\b(?:\d[ -]?){13,16}\b")),
    ("phone", re.compile(r"\+?\(?\d[\d ().-]{7,}\d")),
)


def naive(text: str) -> list[Find]:
    """The list that one writes first: no check digits, no context."""
    return [Find(*match.span(), kind) for kind, pattern in _NAIVE for match in pattern.finditer(text)]


def interval(hits: Sequence[bool], chance: random.Random) -> list[float]:
    """Return the 95 % bootstrap interval of a share."""
    if not hits:
        return []
    shares = sorted(sum(chance.choices(hits, k=len(hits))) / len(hits) for _ in range(400))
    return [round(shares[10], 4), round(shares[389], 4)]


def share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 1.0


def of_presidio(path: Path, finder: Finder, chance: random.Random) -> Figures:
    """Measure on sentences whose spans are known."""
    hits: dict[str, list[bool]] = {}
    wrong: Counter[str] = Counter()
    found_of: Counter[str] = Counter()
    others: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    for line in path.read_text().splitlines():
        row = json.loads(line)
        spans = [(span["start_position"], span["end_position"], span["entity_type"]) for span in row["spans"]]
        found = finder(row["full_text"])
        for start, end, name in spans:
            kind = _OF_PRESIDIO.get(name)
            if kind:
                whole = any(each.kind == kind and each.start <= start and end <= each.end for each in found)
                hits.setdefault(kind, []).append(whole)
            else:
                others[name] += 1
                masked[name] += any(each.start < end and start < each.end for each in found)
        for each in found:
            found_of[each.kind] += 1
            wrong[each.kind] += not any(
                _OF_PRESIDIO.get(name) == each.kind and start < each.end and each.start < end
                for start, end, name in spans
            )
    figures: Figures = {}
    for kind, some in sorted(hits.items()):
        figures[f"{kind}_n"], figures[f"{kind}_recall"] = len(some), share(sum(some), len(some))
        figures[f"{kind}_recall_95"] = interval(some, chance)
        figures[f"{kind}_precision"] = share(found_of[kind] - wrong[kind], found_of[kind])
    checkable = [figures[f"{kind}_recall"] for kind in hits if kind not in _UNCHECKED]
    figures["checkable_recall_least"] = min(checkable)
    figures["not_covered"] = {name: [count, masked[name]] for name, count in others.most_common()}
    return figures


def of_planted(each: int, seed: int, finder: Finder, chance: random.Random) -> Figures:
    """Measure on drawn texts."""
    hits: dict[str, list[bool]] = {}
    strays: Counter[str] = Counter()
    for kind, text, start, end in planted(each, seed):
        found = finder(text)
        hits.setdefault(kind, []).append(any(one.start <= start and end <= one.end for one in found))
        strays[kind] += sum(not (one.start < end and start < one.end) for one in found)
    figures: Figures = {}
    for kind, some in sorted(hits.items()):
        figures[f"{kind}_recall"] = share(sum(some), len(some))
        figures[f"{kind}_recall_95"] = interval(some, chance)
        figures[f"{kind}_precision"] = share(sum(some), sum(some) + strays[kind])
    figures["n_of_each"] = each
    checked = [kind for kind in hits if kind not in _UNCHECKED]
    figures["recall_least"] = min(figures[f"{kind}_recall"] for kind in checked)
    figures["precision_least"] = min(figures[f"{kind}_precision"] for kind in checked)
    return figures


def _is_so(text: str, found: Find) -> bool:
    """Whether a find in a clean text is what it was taken for, by another reading than ours."""
    what = text[found.start : found.end]
    if found.kind == "email":
        local, _, domain = email.utils.parseaddr(what)[1].partition("@")
        return bool(local and re.fullmatch(r"(?:[\w-]+\.)+[a-zA-Z]{2,}", domain))
    if found.kind == "ip":
        try:
            ipaddress.ip_address(what)
        except ValueError:
            return False
        return True
    return (
        found.kind == "url_password" and text[found.end : found.end + 1] == "@" and "://" in text[: found.start][-80:]
    )


def of_clean(texts: Sequence[str], finder: Finder, chance: random.Random) -> Figures:
    found = [(text, finder(text)) for text in texts]
    masked = [bool(some) for _, some in found]
    false = [any(not _is_so(text, each) for each in some) for text, some in found]
    kinds = Counter(
        str(kind) for text, some in found for kind in {each.kind for each in some if not _is_so(text, each)}
    )
    return {
        "n": len(texts), "any": share(sum(masked), len(texts)), "false": share(sum(false), len(texts)),
        "false_95": interval(false, chance), "false_by_kind": dict(kinds),
    }  # fmt: skip


def us_per_kb(texts: Sequence[str], work: Callable[[Any], object], times: int = 5) -> float:
    """Return the best of some rounds over all texts: what a noisy machine adds is not the code's."""
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) / 1024
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - began)
    return round(best * 1e6 / size, 1)


def library() -> Iterable[str]:
    """Yield Python's own library, in pieces: every eighth of them."""
    folder = Path(os.__file__).parent
    pieces = []
    for path in sorted([*folder.glob("*.py"), *folder.glob("*/*.py")]):
        if "site-packages" not in path.parts:
            code = path.read_text(errors="replace")
            pieces += [code[at : at + 2000] for at in range(0, len(code), 2000)]
    return pieces[::8]


def lines(path: Path, name: str) -> list[str]:
    return [json.loads(line)[name] for line in path.read_text().splitlines()]


def measure(data: Path, seed: int, each: int) -> Figures:
    """Measure all that the data allows: what is not there is left out."""
    figures: Figures = {}
    answers = [text for path in sorted((data / "alpaca_eval").glob("*.jsonl")) for text in lines(path, "output")]
    contexts = data / "ragtruth_qa" / "dev.jsonl"
    prose = answers + (sorted(set(lines(contexts, "d1"))) if contexts.exists() else [])
    code, full = list(library()), [text.text for text in planted(20, seed)]
    chats = [
        json.dumps([{"role": "system", "content": "You are helpful."}, {"role": "user", "content": text}])
        for text in prose[::4]
    ]
    tools = [
        json.dumps({"id": f"call_aB3dE5gH7jK9mN1pQ3sT5v{place}", "created": 1_700_000_000 + place,
                    "at": "2023-11-16T10:11:12Z",
                    "arguments": json.dumps({"query": text[:300], "page": place})})
        for place, text in enumerate(prose[::4])
    ]  # fmt: skip
    for name, finder in (("", find), ("naive_", naive)):
        chance = random.Random(seed)
        sentences = data / "pii" / "presidio_synth_v2.jsonl"
        if sentences.exists():
            found = of_presidio(sentences, finder, chance)
            figures |= {f"{name}pii_{what}": value for what, value in found.items()}
        figures |= {f"{name}planted_{what}": value for what, value in of_planted(each, seed, finder, chance).items()}
        looks = list(decoys(2000, seed))
        figures[f"{name}decoys"] = share(sum(bool(finder(text)) for text in looks), len(looks))
        for what, texts in (("prose", prose), ("code", code)):
            if texts:
                found = of_clean(texts, finder, chance)
                figures |= {f"{name}clean_{what}_{each}": value for each, value in found.items()}
        for what, texts in (
            ("prose", prose[::3]),
            ("code", code[::2]),
            ("json", chats),
            ("json_ids", tools),
            ("full", full),
        ):
            if texts:
                figures[f"{name}us_per_kb_{what}"] = us_per_kb(texts, finder)
    if prose:
        figures["us_per_kb_gate"] = us_per_kb(
            prose[::3], lambda text: gate.flags(text.encode("utf-8", "surrogatepass"))
        )
    return figures


def main() -> None:
    """Run, and print the figures, and which of them miss their goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with pii, alpaca_eval and ragtruth_qa")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--seed", type=int, default=7, help="of what is drawn (default: 7)")
    parser.add_argument("--each", type=int, default=400, help="texts drawn of each kind (default: 400)")
    given = parser.parse_args()
    figures = measure(given.data, given.seed, given.each)
    figures["missed"] = [
        name for name, (sign, goal) in GOALS.items()
        if name in figures and not (figures[name] >= goal if sign == ">=" else figures[name] <= goal)
    ]  # fmt: skip
    report(figures, given.json)


if __name__ == "__main__":
    main()
