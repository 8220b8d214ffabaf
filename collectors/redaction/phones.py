"""Tells phone numbers from other digits: by their notation, or by a word near them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.gate import says_phone
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.variety import bounded

__all__ = ["phone"]

_EXT = r"(?:[ ,]{0,2}(?:x|ext\.?|extension)[ ]?[0-9]{1,6}(?![0-9A-Za-z]))?"
_SEP = r"[ .\-/\u00a0\u202f\u2011]"


@cache
def _international() -> re.Pattern[str]:
    """A plus, or two zeros and a separator later, and the groups."""
    group = rf"(?:{_SEP}{{0,2}}\(?[0-9]{{1,5}}\)?)"
    begin = rf"(?<![0-9A-Za-z.)])(?:\+[ ]?\(?|00(?=[1-9][0-9]{{0,3}}{_SEP}))"
    return re.compile(rf"{begin}(?![0-9]{{4,15}}\.[0-9])[1-9]{group}{{2,7}}{_EXT}(?![0-9])")


@cache
def _american() -> re.Pattern[str]:
    return re.compile(
        r"(?<![0-9A-Za-z])(?<![0-9][.,-])(?:(?<![0-9] )|(?=\(|[0-9]{3}[-.]))"
        r"(?:1[-. ])?(?:\([2-9][0-9]{2}\)[ -]?|[2-9][0-9]{2}([-. /]))"
        rf"[2-9][0-9]{{2}}[-. ][0-9]{{4}}{_EXT}(?![0-9A-Za-z]|[.-][0-9])"
    )


@cache
def _national() -> re.Pattern[str]:
    """A zero for the long distance, two groups or more. Slashes only after the first: more of them make dates."""
    return re.compile(
        r"(?<![0-9A-Za-z])(?<![0-9][.,:/-])(?!0[0-9]*\.[0-9]+(?![0-9.]))\(?0[1-9][0-9]{0,4}\)?"
        r"(?:[ .\-/\u00a0\u202f\u2011]{1,2}[0-9]{2,8})"
        r"(?:[ .\-\u00a0\u202f\u2011]{1,2}[0-9]{2,8}){0,4}(?![0-9A-Za-z]|[./:-][0-9])"
    )


@cache
def _brazilian() -> re.Pattern[str]:
    return re.compile(r"\([1-9][0-9]\) ?9?[0-9]{4}[- ][0-9]{4}(?![0-9A-Za-z])")


@cache
def _word_before() -> re.Pattern[str]:
    """A noun before the number, or a verb right before it; in lower case."""
    nouns = (
        r"phone|tele(?:f|ph)on|tel[.:]|\btel\b|t[ée]l[ée]phone|tel[ée]fono|telefone|\bmobile?\b|\bmob\b|m[óo]vil|celular"
        r"|\bcell\b|handy|\bfax|whats ?app|\bsms\b|hotline|contact (?:number|no)|\bcontact: ?$|\bdesk:|\bmessages?\b"
        r"|rufnummer|num[ée]ro de t|телефон|电话|電話|전화"
    )
    verbs = r"call(?:s|ed|ing)?|dial|ring|reach|text|anrufen|llam\w{1,4}|appele[rz]|answering"
    return re.compile(bounded(rf"(?:{nouns}|\b(?:{verbs})\b(?:[ :]{{1,2}}[a-zà-ÿ]{{1,8}}){{0,3}}[ :]{{0,2}}\+?\(?$)"))


@cache
def _word_after() -> re.Pattern[str]:
    return re.compile(r"(?i)[ )-]{0,3}\(?(?:office|fax|mobile|cell|phone|home|work|desk|tel)\b")


@cache
def _loose() -> re.Pattern[str]:
    """What may be a phone number if a word says so."""
    return re.compile(rf"\(?[0-9]{{1,5}}\)?(?:{_SEP}{{0,2}}\(?[0-9]{{2,8}}\)?){{0,6}}{_EXT}")


_four: Final = re.compile("[0-9]{4}").search


@cache
def _decimal() -> re.Pattern[str]:
    return re.compile(r"[0-9]+\.[0-9]+")


def phone(text: str, start: int, end: int) -> Find | None:
    """Return the first phone number in the digits from `start` to `end`, which may begin a little before."""
    if end - start < 7:
        return None
    begin = max(0, start - 3)
    stop = min(len(text), end + 14)
    patterns: tuple[re.Pattern[str], ...] = ()
    if "+" in text[begin : start + 1] or text.startswith("00", start):
        patterns = (_international(),)
    region = text[start:end]
    if not region.isdigit():
        patterns += (_american(),) if _four(region) else ()
        patterns += (_brazilian(),) if "(" in text[begin:end] else ()
        patterns += (_national(),) if "0" in region else ()
    for pattern in patterns:
        match = pattern.search(text, begin, stop)
        if match and match.start() < end and _has_length(pattern, match[0]):
            return _find(match)
    before = text[max(0, start - 48) : start]
    if _decimal().fullmatch(text, start, end):
        return None
    lower = before.lower()
    worded = says_phone(lower) and _word_before().search(lower.rpartition("\n\n")[2])
    if not worded and not _word_after().match(text, end):
        return None
    match = _loose().search(text, start - (text[start - 1 : start] == "("), stop)
    if (
        match
        and match.start() < end
        and 7 <= _count(match[0]) <= 15
        and not _joined(text[match.end() : match.end() + 1])
    ):
        return _find(match)
    return None


def _joined(following: str) -> bool:
    return following.isascii() and following.isalnum()


def _has_length(pattern: re.Pattern[str], found: str) -> bool:
    if pattern is _international():
        return 8 <= _count(found) <= 15 + 6 * ("x" in found)
    return pattern is not _national() or 9 <= _count(found) <= 12


def _count(text: str) -> int:
    return sum(map(str.isdigit, text))


def _find(match: re.Match[str]) -> Find:
    return Find(match.start(), match.end(), Kind.PHONE)
