"""Finds secrets by what stands before them: a name, and a sign that gives it a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import AnyStr, Final

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.headers import after_scheme, header, in_cookie
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.named import OTHER_KEYS, OTHER_NAMES
from windvane.collectors.redaction.near import drawn, password_near
from windvane.collectors.redaction.values import is_password, is_secret, quoted, value

__all__ = ["assignments", "long_value"]

_WORDS: Final = (b"pass", b"pw", b"secret", b"authorization")
"""What may stand before a short secret: the gate's words. Before a long one, `long_value` looks."""
_STEMS: Final = ("pass", "pwd", "secret", "token", "key", "auth", "cred", "sig", "cookie", "sess", "bearer")
"""Parts of the names below: most values have none of them near, and to ask for these is fast."""
_IN_VALUES: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_.~-"
_QUOTES: Final = "\"'`"
_NEAR: Final = 80


@cache
def _name() -> re.Pattern[str]:
    """A name that a secret is given to, from the word in `_WORDS` on, with the sign after it."""
    # A quote may be escaped, as within JSON within JSON; spaces stand for escaped line ends.
    gap = r"""["'`\\ \t]{0,6}"""
    return re.compile(
        r"(?i)(?:(?P<password>pass(?:word|wort|wd|phrase|code|e)?|pwd|(?<![A-Za-z])pw)"
        r"|(?P<authorization>authorization|(?:set-)?cookie)"
        r"|(?P<secret>secret(?:[_-]?(?:access[_-]?)?(?:key|token|value))?|tokens?|key|auth(?:[_-]?(?:token|key))?"
        r"|cred(?:ential)?s?|sig(?:nature)?))"
        rf"(?:[_-]?[0-9]{{1,3}}|[_-](?:prod|dev|test|staging|value|base64|b64)|\ (?:provided|given))?{gap}"
        rf"(?P<sign>=>|:=|=|:|,(?= *b?[\"'])|(?<=[a-zA-Z])\ is:?(?=\ ))(?P<space>[ \t\\]{{0,4}})(?:b(?=[\"']))?{gap}"
    )


@cache
def _key_before() -> re.Pattern[str]:
    """What makes a key a secret: the word before it."""
    words = (
        "api|access|secret|private|auth|account|signing|encryption|master|service|client|app|admin|subscription|storage"
        "|shared|license|deploy|webhook|session|signature|openai|anthropic|azure|aws|google|groq|cohere|mistral"
    )
    return re.compile(rf"(?i)(?:{words})(?:[_ -]?(?:access|api|secret))?[_ -]?$")


def assignments(text: str) -> Iterator[Find]:
    """Yield what is given to a password or a secret, or follows Authorization."""
    done = 0
    places = [*_places(text.encode("latin-1", "replace").lower(), _WORDS)]
    if not text.isascii():
        places += _places(text.lower(), OTHER_NAMES)
    for at in sorted(places):
        if at >= done and (found := _assigned(text, at) or password_near(text, at)):
            yield found
            done = found.end


def long_value(text: str, start: int, end: int) -> Find | None:
    """Return the value that a run of token characters is a part of, if what stands before it says that it is secret."""
    before = text[max(0, start - 120) : start]
    begin = start - (len(before) - len(before.rstrip(_IN_VALUES)))
    window = max(0, begin - _NEAR)
    lower = text[window:begin].lower()
    stems = sorted(at for at in map(lower.rfind, _STEMS) if at >= 0)
    if not stems and (lower.isascii() or not any(map(lower.__contains__, OTHER_KEYS))):
        return after_scheme(text, begin) if "basic" in lower else None
    lead = text[max(0, begin - 8) : begin].rstrip("\"'`\\ \t")
    sign = (lead.removesuffix("b").rstrip() if text[begin - 1 : begin] in "\"'" else lead)[-1:]
    if sign and sign in "=:>,":
        for at in stems:
            name = _name().match(text, window + at, begin)
            if name and name.end() == begin:
                return _assigned(text, name.start()) or drawn(text, window, begin)
        if found := in_cookie(text, begin):
            return found
    return after_scheme(text, begin) or drawn(text, window, begin)


def _places(lower: AnyStr, words: tuple[AnyStr, ...]) -> Iterator[int]:
    for word in words:
        at = lower.find(word)
        while at >= 0:
            yield at
            at = lower.find(word, at + len(word))


def _assigned(text: str, at: int) -> Find | None:
    name = _name().match(text, at)
    if name is None:
        return None
    kind = Kind(name.lastgroup if name.lastgroup not in (None, "space", "sign") else _kind(name))
    if kind is Kind.SECRET and not _is_secret_name(text, at, name["secret"].lower()):
        return None
    start = name.end()
    if kind is Kind.AUTHORIZATION:
        return header(text, start, name[0].lower())
    in_quotes = text[start - 1] in _QUOTES
    found = _given(text, start, in_quotes)
    if found is None or (not in_quotes and text[found.end() : found.end() + 1] == "("):
        return None
    # Blanks stand for the backslash of an escaped quote.
    said = found[0].rstrip(" \\") if in_quotes else found[0].rstrip(",:")
    loose = not in_quotes and bool(name["space"] or name["sign"].startswith(" "))
    if not (
        is_password(said, loose=loose, assigned=name["sign"] == "=")
        if kind is Kind.PASSWORD
        else is_secret(said, quoted=in_quotes)
    ):
        return None
    return Find(start, start + len(said), kind)


def _given(text: str, start: int, in_quotes: bool) -> re.Match[str] | None:
    """Return the value that starts at `start`: to the quote that ends it, else as far as it may reach."""
    found = quoted().match(text, start) if in_quotes else None
    if found is None or text[found.end() : found.end() + 1] not in (text[start - 1], "\\", ""):
        return value().match(text, start)
    return found


def _kind(name: re.Match[str]) -> str:
    return next(kind for kind in ("password", "authorization", "secret") if name[kind])


def _is_secret_name(text: str, at: int, word: str) -> bool:
    if word == "tokens":
        return False
    if word == "key" and text[at - 1 : at] in ("?", "&"):
        return _in_query().match(text, at + 3) is not None
    if word in ("key", "sig", "signature") and not _key_before().search(text, max(0, at - 30), at):
        return word != "key" and text[at - 1 : at] in ("?", "&", "-")
    return True


@cache
def _in_query() -> re.Pattern[str]:
    """What a key in a query must look like to be a secret: others name what is asked for."""
    return re.compile(r"=[A-Za-z0-9_-]{24,}+(?![A-Za-z0-9_/%])")
