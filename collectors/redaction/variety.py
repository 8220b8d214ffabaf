"""Tells what was drawn at random from what somebody has named, and where a word begins."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["bounded", "has_digit", "mixed", "varied"]

has_digit: Final = re.compile("[0-9]").search
_last_word: Final = re.compile(r"[A-Za-z]{16,400}\Z").search


def varied(text: str, least: int = 8) -> bool:
    """Return whether a text is no placeholder: it has variety, and a digit or, at its end, a long mix of cases.

    >>> varied("sk-xxxxxxxxxxxxxxxxxxx1"), varied("sk-YOUR-API-KEY-GOES-HERE"), varied("sk-4fq09Zk2mPq8Lw")
    (False, False, True)
    >>> varied("glpat-kQmWzXbNvTrPsLdFgHjY"), varied("AKIAXWPQZTBVGKLMNSDF")
    (True, True)
    """
    if len(set(text)) < least:
        return False
    if has_digit(text):
        return True
    last = _last_word(text)
    return last is not None and not last[0].islower()


def mixed(text: str) -> bool:
    """Return whether letters are drawn from both cases, as nobody writes a name.

    >>> mixed("kLamBzQcWaD"), mixed("getDefaultName"), mixed("CONSTANT_NAME")
    (True, False, False)
    """
    return len(_turns(text)) >= 3 and len(set(text)) >= 8


_turns: Final = re.compile("[a-z][A-Z]").findall

_BORDER: Final = "(?:(?<![a-zA-Z0-9])(?=[a-zA-Z0-9])|(?<=[a-zA-Z0-9])(?![a-zA-Z0-9]))"


def bounded(pattern: str) -> str:
    r"""Return a pattern whose `\b` goes by ASCII's letters and digits alone.

    To Python's a letter of a script without spaces is a part of the word beside it, as before SIN in 它是SIN, and an
    underscore is, as in user_sin.
    """
    return pattern.replace(r"\b", _BORDER)
