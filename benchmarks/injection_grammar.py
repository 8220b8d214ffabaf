"""Attacks and ordinary texts put together from parts: every synonym in every place, in fifteen languages.

The ordinary ones use the same words, so that it is their order and not a word that tells. All is our own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["sentences"]

_SLOT: Final = re.compile(r"<(\w+)>")
_PARTS: Final = Path(__file__).parent / "data" / "injection_grammar.txt"


def sentences(seed: int = 0) -> Iterator[tuple[bool, str, str]]:
    """Yield whether it is an attack, the language and the text: of each kind as many as a section says, none twice."""
    chance = random.Random(seed)
    for block in _PARTS.read_text(encoding="utf-8").split("## ")[1:]:
        head, *lines = block.strip().splitlines()
        language, count = head.split()
        parts = {name: choices.split("|") for name, choices in (line.split(": ", 1) for line in lines)}
        for kind in ("attack", "plain"):
            made: set[str] = set()
            while len(made) < int(count):
                made.add(_filled(chance.choice(parts[kind]), parts, chance))
            yield from ((kind == "attack", language, text) for text in sorted(made))


def _filled(pattern: str, parts: dict[str, list[str]], chance: random.Random) -> str:
    while found := _SLOT.search(pattern):
        pattern = pattern[: found.start()] + chance.choice(parts[found[1]]) + pattern[found.end() :]
    text = " ".join(pattern.split())
    return text[:1].upper() + text[1:] if chance.random() < 0.8 else text
