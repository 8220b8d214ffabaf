r"""Escapes: what JSON and URLs write for a character must not hide what stands beside it, or what it is.

A copy of the text is scanned in which each escape is what it means: `\n`, `\t`, `\"` and `\u201c` keep their length
(blanks stand in for the rest), `\u0040`, `%40` and `%E5%AE%83` shrink to one character and places are mapped back.
Backslashes may be doubled, as in JSON within JSON, and so may percent signs, as in a URL within a URL. Base64 is looked
into by `base64text`; of HTML's entities the quotes are read, other encodings are not.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cache
from typing import Final

import msgspec

from windvane.collectors.redaction import gate, named

__all__ = ["Flat", "flatten", "is_json", "may_be_query", "outside_strings", "plain"]

_BLANKS: Final = (("\\n", "  "), ("\\r", "  "), ("\\t", "  "), ('\\"', ' "'))
_ENTITIES: Final = (
    ("&quot;", '     "'),
    ("&#34;", '    "'),
    ("&#39;", "    '"),
    ("&apos;", "     '"),
    ("&#61;", "    ="),
)
_WORDS: Final = (*gate.OTHER_STEMS, *named.OTHER_NAMES, *named.OTHER_KEYS, *"是为は")


def _escaped(word: str) -> str:
    return json.dumps(word)[1:-1].replace("\\", r"\\{1,8}")


@cache
def _escaped_words() -> re.Pattern[str]:
    """Words beyond ASCII that say what stands beside them, as JSON writes them, in JSON too."""
    words = "|".join(_escaped(word).removeprefix(r"\\{1,8}u") for word in _WORDS if not word[0].isascii())
    return re.compile(rf"\\\\{{0,7}}u(?:{words})")  # one sign before all: so it is found fast


@cache
def _escaped_later() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Those that begin with a letter of ASCII: what follows it, which is found fast, and the whole."""
    words = [_escaped(word) for word in _WORDS if word[0].isascii() and not word.isascii()]
    ends = "|".join(word.partition(r"\\{1,8}u")[2] for word in words)
    return re.compile(rf"\\u(?:{ends})"), re.compile("|".join(words))


@cache
def _escape() -> re.Pattern[str]:
    return re.compile(r"\\{1,8}u([0-9a-f]{4})")


def _word(escaped: re.Match[str]) -> str:
    """Return the word; blanks keep the length."""
    written: str = escaped[0]
    return _escape().sub(lambda each: chr(int(each[1], 16)), written).rjust(len(written))


def _with_words(text: str) -> str:
    """Return the text with such words as they are."""
    text = _escaped_words().sub(_word, text)
    later, whole = _escaped_later()
    return whole.sub(_word, text) if later.search(text) else text


@cache
def _other_sign() -> re.Pattern[str]:
    """Punctuation and spaces beyond ASCII, and control characters."""
    return re.compile(
        r"\\u(?:00[01][0-9A-Fa-f]|00[89abAB][0-9A-Fa-f]|20[0-6][0-9A-Fa-f]|30[0-3][0-9A-Fa-f]|[fF][fF](?:0[0-9A-Fa-f]|1[A-Fa-f]))"
    )


@cache
def _letter() -> re.Pattern[str]:
    return re.compile(r"\\\\{0,7}u(?!00[2-7])[0-9A-Fa-f]{4}")


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
    return re.compile(r"(?:[?&]|\A)[A-Za-z0-9_.-]{1,40}=[^\s&+]{0,400}\+")


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
    text = _without_entities(text)
    if "\\" in text:
        for escape, blank in _BLANKS:
            text = text.replace(escape, blank)
        if "\\u" in text:
            text = _with_words(text)
            text = _letter().sub(lambda each: "é" * len(each[0]), _other_sign().sub("      ", text))
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
    return Flat(_without_entities("".join((*parts, text[end:]))), places, shifts)


def _without_entities(text: str) -> str:
    """Return it with HTML's quotes as they are; blanks keep the length."""
    if "&" in text and ("&quot;" in text or "&#" in text or "&apos;" in text):
        for escape, blank in _ENTITIES:
            text = text.replace(escape, blank)
    return text


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
