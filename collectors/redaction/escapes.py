r"""Escapes: what JSON and URLs write for a character must not hide what stands beside it, or what it is.

A copy of the text is scanned in which each escape is what it means: `\n`, `\t`, `\"` and `\u201c` keep their length
(blanks stand in for the rest), `\u0040`, `%40` and `%E5%AE%83` shrink to one character and places are mapped back.
Backslashes may be doubled, as in JSON within JSON, and so may percent signs, as in a URL within a URL. Base64 is looked
into by `base64text`; other encodings and HTML entities are not.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cache
from typing import Final

import msgspec

from windvane.collectors.redaction import gate

__all__ = ["Flat", "flatten", "is_json", "may_be_query", "outside_strings", "plain"]

_BLANKS: Final = (("\\n", "  "), ("\\r", "  "), ("\\t", "  "), ('\\"', ' "'))


_BACKS: Final = tuple("\\" * count for count in (8, 4, 2, 1))
"""What a backslash becomes in JSON within JSON within JSON …"""


@cache
def _escaped_words() -> list[tuple[str, str]]:
    """Words beyond ASCII that say what stands beside them, as JSON writes them, in JSON too; blanks keep the length."""
    escapes = ((word, json.dumps(word)[1:-1]) for word in gate.OTHER_STEMS)
    each = ((word, written.replace("\\", back)) for word, written in escapes for back in _BACKS)
    return [(written, word.rjust(len(written))) for word, written in each]


@cache
def _other_sign() -> re.Pattern[str]:
    """Punctuation and spaces beyond ASCII, and control characters."""
    return re.compile(
        r"\\u(?:00[01][0-9A-Fa-f]|00[89abAB][0-9A-Fa-f]|20[0-6][0-9A-Fa-f]|30[0-3][0-9A-Fa-f]|[fF][fF]0[0-9A-Fa-f])"
    )


@cache
def _letter() -> re.Pattern[str]:
    return re.compile(r"\\u(?!00[2-7])[0-9A-Fa-f]{4}")


# A byte of UTF-8 as URLs write it: of ASCII, or the first of a character and those after it. %25 is the percent sign.
_ONE: Final = "%(?:25){0,3}(?:2[0-46-9a-fA-F]|[3-7][0-9a-fA-F]|0[9aAdD])"
_MORE: Final = "%(?:25){0,3}[c-fC-F][0-9a-fA-F](?:%(?:25){0,3}[89abAB][0-9a-fA-F]){1,3}"


@cache
def _shrinking() -> re.Pattern[str]:
    # Of quotes that are escaped deep, the backslashes shrink too: names and values are looked for close together.
    return re.compile(rf"\\{{1,64}}u00([2-7][0-9A-Fa-f])|({_ONE}|{_MORE})|\\{{6,64}} \"")


@cache
def _percent() -> re.Pattern[str]:
    return re.compile(f"{_ONE}|{_MORE}")


@cache
def _any() -> re.Pattern[str]:
    return re.compile(rf"\\{{1,8}}u([0-9A-Fa-f]{{4}})|({_ONE}|{_MORE})|\\{{1,8}}[nrtbf\"/\\]")


def _meant(percents: str) -> str:
    """Return what a URL's escapes of one character stand for."""
    whole = "".join(part[-2:] for part in percents.split("%"))
    return " " if whole[0] == "0" else bytes.fromhex(whole).decode("utf-8", "replace")[:1]


class Flat:
    """A text with its escapes read, and where each of its characters stands in the text."""

    __slots__ = ("_places", "_shifts", "text")

    def __init__(self, text: str, places: list[int], shifts: list[int]) -> None:
        self.text, self._places, self._shifts = text, places, shifts

    def place(self, at: int) -> int:
        """Return where in the original the character at `at` begins."""
        return at + self._shifts[bisect_right(self._places, at) - 1] if self._places else at

    def with_blanks(self) -> Flat:
        """Return it with a space for each plus."""
        return Flat(self.text.replace("+", " "), self._places, self._shifts)


@cache
def _query() -> re.Pattern[str]:
    return re.compile(r"[?&][A-Za-z0-9_.-]{1,40}=[^\s&+]{0,400}\+")


def _has_percents(text: str) -> bool:
    return "%" in text and _percent().search(text) is not None


def may_be_query(text: str) -> bool:
    """Return whether a plus in the text may stand for a space, as in a URL's query.

    >>> may_be_query("?q=a+b"), may_be_query("q%3Da+b"), may_be_query("q = a + b")
    (True, True, False)
    """
    if "+" not in text:
        return False
    return _has_percents(text) or (("?" in text or "&" in text) and _query().search(text) is not None)


def flatten(text: str) -> Flat:
    r"""Return the text with its escapes read.

    >>> flat = flatten(r'"to\u0040": "\na\u0040b.example"')
    >>> flat.text, flat.place(flat.text.index("b."))
    ('"to@": "  a@b.example"', 22)
    """
    shrinks = False
    if "\\" in text:
        for escape, blank in _BLANKS:
            text = text.replace(escape, blank)
        if "\\u" in text:
            for escape, word in _escaped_words():
                text = text.replace(escape, word)
            text = _letter().sub("éééééé", _other_sign().sub("      ", text))
            shrinks = "\\u00" in text
        shrinks = shrinks or '\\\\\\\\\\\\ "' in text
    if not shrinks and not _has_percents(text):
        return Flat(text, [], [])
    parts: list[str] = []
    places, shifts = [0], [0]
    end = flat = 0
    for match in _shrinking().finditer(text):
        meant = chr(int(match[1], 16)) if match[1] else _meant(match[2]) if match[2] else '"'
        parts += (text[end : match.start()], meant)
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
    return _any().sub(lambda each: chr(int(each[1], 16)) if each[1] else _meant(each[2]) if each[2] else " ", text)


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
