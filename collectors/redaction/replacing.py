"""Puts masks where finds are: a word per find, and a JSON text stays one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from windvane.collectors.redaction.escapes import is_json, outside_strings, plain
from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import HASH_DIGITS, Kind, mask

__all__ = ["digest", "replaced", "word_for"]

_NUMBER: Final = "-+0123456789.eE"
_LONGEST_NUMBER: Final = 64
_NESTED_NAME: Final = re.compile(r'(?<!\\)(\\+)"[ \t]*:[ \t]*-?\Z')
_NOT_DIGITS: Final = re.compile("[^0-9]")
_NOT_ALNUM: Final = re.compile("[^0-9A-Z]")


def digest(key: bytes, kind: str, text: str) -> str:
    """Return a text's hash under `key`: without the key nobody can try texts against it.

    >>> digest(b"k", "email", "ann@shop.example") == digest(b"other", "email", "ann@shop.example")
    False
    """
    import hashlib  # 3 ms of the app's start, for those who hash

    short = key if len(key) <= 64 else hashlib.blake2b(key).digest()
    data = f"{kind}:{text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=short, digest_size=HASH_DIGITS // 2).hexdigest()


def word_for(found: str, kind: str, key: bytes | None) -> str:
    """Return the mask of what was found, with its hash if there is a key: the same for all its notations.

    >>> word_for("Ann@Shop.example", Kind.EMAIL, b"k") == word_for("ann@shop.example", Kind.EMAIL, b"k")
    True
    """
    return mask(kind, digest(key, kind, _plainly(plain(found), kind)) if key else "")


def _plainly(found: str, kind: str) -> str:
    if kind in (Kind.PHONE, Kind.CARD):
        return _NOT_DIGITS.sub("", found)
    if kind in (Kind.EMAIL, Kind.IP):
        return found.lower()
    return _NOT_ALNUM.sub("", found.upper()) if kind is Kind.IBAN or kind[2:3] == "_" else found


def replaced(text: str, finds: list[Find], words: list[str], *, quoted: bool = False) -> str:
    """Return the text with a word where each find was; where it is JSON, or `quoted`, a number becomes a string."""
    if "\\" in text:
        words = [_nested(text, found, word) for found, word in zip(finds, words, strict=True)]
    changed = _put(text, finds, words)
    if not (quoted or is_json(text)) or is_json(changed):
        return changed
    bare = outside_strings(text, [found.start for found in finds])
    wider = [_whole_number(text, found) if found.start in bare else found for found in finds]
    return _put(
        text, wider, [f'"{word}"' if found.start in bare else word for found, word in zip(finds, words, strict=True)]
    )


def _nested(text: str, found: Find, word: str) -> str:
    """Quote the word for a number that is a value of JSON within JSON, as deep as the name before it is quoted."""
    name = _NESTED_NAME.search(text, max(0, found.start - 24), found.start)
    if name and text[found.end : found.end + 1] in (",", "}", "]", " ", "\\"):
        return f'{name[1]}"{word}{name[1]}"'
    return word


def _whole_number(text: str, found: Find) -> Find:
    before = text[max(0, found.start - _LONGEST_NUMBER) : found.start]
    after = text[found.end : found.end + _LONGEST_NUMBER]
    start = found.start - (len(before) - len(before.rstrip(_NUMBER)))
    return found._replace(start=start, end=found.end + len(after) - len(after.lstrip(_NUMBER)))


def _put(text: str, finds: Iterable[Find], words: Iterable[str]) -> str:
    parts: list[str] = []
    end = 0
    for found, word in zip(finds, words, strict=True):
        parts += (text[end : found.start], word)
        end = found.end
    parts.append(text[end:])
    return "".join(parts)
