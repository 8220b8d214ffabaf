"""Finds what is a secret by itself where a name of secrets is near: in a sentence, a table, XML, YAML."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.named import OTHER_KEYS, OTHER_NAMES
from windvane.collectors.redaction.values import is_opaque, is_password, is_strong, value

__all__ = ["drawn", "password_near"]

_BETWEEN: Final = r"""\s'"`*_()\[\],<>/|\\-"""
"""What stands between words of a sentence, of a table, of JSON or XML."""
_GLUE: Final = (
    rf"(?:(?:[{_BETWEEN}]{{1,14}}[A-Za-z]{{1,12}}){{0,5}}?[{_BETWEEN}]{{0,10}}"
    r"(?:[:=|>：是为は]|(?<![a-z])(?:is|are|was|be|to|from)(?![a-z]))"
    r"|[\s*'\"`|\\])[\s'\"`*|:=>\\：]{0,12}(?:base64:)?"
)
"""What may stand between a name and a secret that is known as one by itself."""


@cache
def _password() -> re.Pattern[str]:
    """From a password's name to what may be one."""
    names = "|".join(("pass(?:word|wort|wd|phrase|code|e)?", "pwd?", *OTHER_NAMES))
    return re.compile(rf"(?i:{names})[a-z]{{0,6}}{_GLUE}(?=[^\s'\"`*|:=>\\：])")


@cache
def _names() -> re.Pattern[str]:
    """Names of secrets that may be a sentence away from what was drawn at random."""
    key = (
        "api|app|access|secret|private|auth|account|signing|encryption|master|service|client|admin|subscription|storage"
        "|shared|license|deploy|webhook|session|functions?|instrumentation|consumer|hmac|activation|product|recovery|db"
        "|cosmos|jwt|ssh|aes|rsa|my|the|use"
    )
    names = (
        r"pass(?:word|wd|phrase|code)?|pwd|secret|token|bearer|credentials?|creds?|auth(?:orization|token)?|sessid"
        rf"|(?:{key})[_ -]?key|sessionid|cookie|sid|{'|'.join(OTHER_KEYS)}"
    )
    return re.compile(rf"(?i:(?:{names})(?:[_-]?(?:base|value|key|id|[0-9])){{0,2}})(?:\ ?\([a-z]{{2,10}}\))?")


@cache
def _glue() -> re.Pattern[str]:
    return re.compile(_GLUE)


def drawn(text: str, window: int, begin: int) -> Find | None:
    """Return what starts at `begin` and was drawn at random, if a name of secrets is near enough."""
    found = value().match(text, begin)
    said = found[0].rstrip("\\") if found else ""  # escapes of what follows, of JSON in JSON
    if not is_opaque(said):
        return None
    ends = (name.end() for name in _names().finditer(text, window, begin))
    if not any(_glue().fullmatch(text, end, begin) for end in ends):
        return None
    return Find(begin, begin + len(said), Kind.SECRET)


def password_near(text: str, at: int) -> Find | None:
    """Return what is a password by itself near the name at `at`, or may be one where a sign or a quote gives it."""
    name = _password().match(text, at)
    found = value().match(text, name.end()) if name else None
    if name is None or found is None or text[found.end() : found.end() + 1] == "(":
        return None
    password = found[0].rstrip(".,:?!*_|\\")
    given = text[name.end() - 1] in "\"'`" or not set(":=|>").isdisjoint(name[0])
    if not (is_strong(password) or (given and is_password(password, loose=True, assigned=False))):
        return None
    return Find(found.start(), found.start() + len(password), Kind.PASSWORD)
