r"""Escapes: what JSON and URLs write for a character must not hide what stands beside it, or what it is.

A copy of the text is scanned in which each escape is what it means: `\n`, `\t`, `\"` and `\u201c` keep their length
(blanks stand in for the rest of it), `\u0040` and `%40` shrink to one character and places are mapped back. Backslashes
may be doubled, as in JSON within JSON. Base64, other encodings and HTML entities are not looked into.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import Final

import msgspec

__all__ = ["Flat", "flatten", "is_json", "outside_strings", "plain"]

_BLANKS: Final = (("\\n", "  "), ("\\r", "  "), ("\\t", "  "), ('\\"', ' "'))


@cache
def _other_sign() -> re.Pattern[str]:
    """Punctuation and spaces beyond ASCII, and control characters."""
    return re.compile(
        r"\\u(?:00[01][0-9A-Fa-f]|00[89abAB][0-9A-Fa-f]|20[0-6][0-9A-Fa-f]|30[0-3][0-9A-Fa-f]|[fF][fF]0[0-9A-Fa-f])"
    )


@cache
def _letter() -> re.Pattern[str]:
    return re.compile(r"\\u(?!00[2-7])[0-9A-Fa-f]{4}")


@cache
def _ascii() -> re.Pattern[str]:
    return re.compile(r"\\{1,8}u00([2-7][0-9A-Fa-f])|%(40|3[aAdD]|2[0267bBfF])")


@cache
def _percent() -> re.Pattern[str]:
    return re.compile("%(?:40|3[aAdD]|2[0267bBfF])")


@cache
def _any() -> re.Pattern[str]:
    return re.compile(r"\\{1,8}u([0-9A-Fa-f]{4})|%([2-7][0-9A-Fa-f])|\\{1,8}([nrtbf\"/\\])")


class Flat:
    """A text with its escapes read, and where each of its characters stands in the text."""

    __slots__ = ("_places", "_shifts", "text")

    def __init__(self, text: str, places: list[int], shifts: list[int]) -> None:
        self.text, self._places, self._shifts = text, places, shifts

    def place(self, at: int) -> int:
        """Return where in the original the character at `at` begins."""
        return at + self._shifts[bisect_right(self._places, at) - 1] if self._places else at


def flatten(text: str) -> Flat:
    r"""Return the text with its escapes read.

    >>> flat = flatten(r'"to\u0040": "\na\u0040b.example"')
    >>> flat.text, flat.place(flat.text.index("b."))
    ('"to@": "  a@b.example"', 22)
    """
    ascii_escapes = False
    if "\\" in text:
        for escape, blank in _BLANKS:
            text = text.replace(escape, blank)
        if "\\u" in text:
            text = _letter().sub("éééééé", _other_sign().sub("      ", text))
            ascii_escapes = "\\u00" in text
    if not ascii_escapes and ("%" not in text or not _percent().search(text)):
        return Flat(text, [], [])
    parts: list[str] = []
    places, shifts = [0], [0]
    end = flat = 0
    for match in _ascii().finditer(text):
        parts += (text[end : match.start()], chr(int(match[1] or match[2], 16)))
        flat += match.start() - end + 1
        end = match.end()
        places.append(flat)
        shifts.append(end - flat)
    return Flat("".join((*parts, text[end:])), places, shifts)


def plain(text: str) -> str:
    r"""Return what an escaped piece of text means, so that equal values get equal hashes.

    >>> plain(r"jos\u00e9%40b.example")
    'josé@b.example'
    """
    if "\\" not in text and "%" not in text:
        return text
    return _any().sub(lambda match: chr(int(match[1] or match[2], 16)) if match[1] or match[2] else " ", text)


def is_json(text: str) -> bool:
    """Return whether a text is a JSON object, list or string as a whole."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return False
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return False
    return True


@cache
def _string() -> re.Pattern[str]:
    return re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def outside_strings(text: str, starts: list[int]) -> set[int]:
    """Return which of `starts`, in order, stand outside every string of a JSON text.

    >>> outside_strings('{"a": 17, "b": "17"}', [6, 16])
    {6}
    """
    found, strings = set(), _string().finditer(text)
    string = next(strings, None)
    for start in starts:
        while string and string.end() <= start:
            string = next(strings, None)
        if string is None or start < string.start():
            found.add(start)
    return found
