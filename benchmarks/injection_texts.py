"""The texts that the model behind `injection` is taught by and measured on: our own, and those of the data folder."""

from __future__ import annotations

import csv
import json
import random
import sysconfig
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.injection_grammar import sentences

__all__ = ["OURS", "Text", "held_out", "lexicon_lines", "read_texts", "texts_in"]

OURS: Final = Path(__file__).parent / "data"
_PIECE: Final = 1500


@dataclass(frozen=True, slots=True)
class Text:
    """A text, whether it is an attack, and where it is from: a set and, in ours, a family and a language."""

    text: str
    attack: bool
    source: str
    family: str = ""
    language: str = ""
    weight: float = 1.0
    taught: bool = True


def texts_in(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield family, language and text of one of our own files."""
    family = language = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            family, language = line[3:].split()
        elif line and family:
            yield family, language, line.replace("\\n", "\n")


def lexicon_lines() -> list[str]:
    return (OURS / "injection_lexicon.txt").read_text(encoding="utf-8").splitlines()


def held_out(text: str) -> bool:
    """Return whether an ordinary text is kept for measuring: half of them are."""
    return bool(zlib.crc32(text.encode()) & 1)


def read_texts(data: Path) -> list[Text]:
    """Return all texts: ours, and of the sets those that `data` has. What measures alone is not taught."""
    return [*_ours(), *_attack_sets(data), *_ordinary(data)]


def _ours() -> Iterator[Text]:
    for name, attack in (("injection_attacks.txt", True), ("injection_benign.txt", False)):
        for family, language, text in texts_in(OURS / name):
            yield Text(text, attack, "ours", family, language, weight=1.5)
    for family, language, text in texts_in(OURS / "injection_unseen.txt"):
        yield Text(text, family == "attack", "unseen", language=language, taught=False)
    for attack, language, text in sentences():
        yield Text(text, attack, "grammar", "grammar", language, weight=0.35)


def _attack_sets(data: Path) -> Iterator[Text]:
    for row in _lines(data / "prompt_injection/deepset_train.jsonl"):
        yield Text(row["text"], bool(row["label"]), "deepset", weight=2.0)
    for row in _lines(data / "prompt_injection/self_written.jsonl"):
        source = "self-written" if row["split"] == "train" else "check"
        weight = 0.4 if row["kind"] == "template" else 1.0
        yield Text(row["text"], bool(row["label"]), source, row["kind"], row["language"], weight, source != "check")
    for row in _lines(data / "prompt_injection/notinject_one.jsonl"):
        yield Text(row["prompt"], False, "notinject", row["category"], taught=False)


def _ordinary(data: Path) -> Iterator[Text]:
    rag = list(_lines(data / "ragtruth_qa/dev.jsonl"))
    found = {
        "prompts": [row["instruction"] for row in _lines(data / "alpaca_eval/gpt4_0613.jsonl")],
        "queries": [row["query"] for row in rag],
        "documents": [row["d1"] for row in rag],
        "answers": [row["output"] for path in _some(data / "alpaca_eval") for row in _lines(path)][::4],
        "tasks": [row["prompt"] for path in _some(data / "llmdrift") for row in _lines(path)][::20],
        "personal": [row["full_text"] for row in _lines(data / "pii/presidio_synth_v2.jsonl")][::5],
        "knowledge": [row["knowledge"] for row in _table(data / "begin/dev_wow.tsv")],
    }
    for source, texts in (*found.items(), *_technical().items()):
        for text in sorted({text for text in texts if text}):
            yield Text(text, False, source, taught=not held_out(text))


def _technical() -> dict[str, list[str]]:
    """Return pieces of what any Python has with it: source code, packages' descriptions, licences."""
    library, packages = (Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib"))
    patterns = {
        "code": (library, "*.py"),
        "readmes": (packages, "*.dist-info/METADATA"),
        "licences": (packages, "*.dist-info/**/LICEN*"),
    }
    return {
        source: [piece for path in sorted(folder.glob(pattern)) if path.is_file() for piece in _pieces(path)]
        for source, (folder, pattern) in patterns.items()
    }


def _pieces(path: Path) -> Iterator[str]:
    """Yield four pieces of a file, of those that it has."""
    text = path.read_text(encoding="utf-8", errors="ignore")
    starts = range(0, len(text), _PIECE)
    for start in sorted(random.Random(path.name).sample(starts, min(len(starts), 4))):
        yield text[start : start + _PIECE]


def _some(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def _table(path: Path) -> Iterator[dict[str, str]]:
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t")
