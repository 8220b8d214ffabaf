"""Tells what is given to a name of secrets from what is not: a password, a key, a placeholder, a name, a path."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from windvane.collectors.redaction.variety import mixed, varied

__all__ = [
    "LONGEST",
    "is_opaque",
    "is_password",
    "is_placeholder",
    "is_secret",
    "is_slug",
    "is_strong",
    "quoted",
    "value",
]

LONGEST: Final = 400
_NO_VALUE: Final = ("/", "./", "http", "self.", "0x")


@cache
def value() -> re.Pattern[str]:
    """Return the pattern of a value without quotes. In a query string & ends it; in a password it does not."""
    return re.compile(r"""(?:[^\s"'`,;<>(){}\[\]&\\]|&(?![A-Za-z_-]{1,40}=)|\\(?!["'`\s])){4,400}+""")


@cache
def quoted() -> re.Pattern[str]:
    """Return the pattern of a value between quotes."""
    return re.compile(r"""[^"'`\n\r\\]{4,400}+""")


@cache
def _placeholder() -> re.Pattern[str]:
    words = "your|example|placeholder|changeme|redacted|dummy|sample|insert|undefined|environ|getenv|process.env|config"
    return re.compile(rf"(?i)[$%]\{{|\{{\{{|<[a-z]|\.\.\.|\*\*\*|xxxx|…|^\$[A-Z_]+$|^%[A-Z_]+%$|(?:^|[_\W])(?:{words})")


def is_placeholder(text: str) -> bool:
    """Return whether it stands for a secret that is not there.

    >>> is_placeholder("${DB_PASSWORD}"), is_placeholder("your-api-key"), is_placeholder("Tr0ub4dor&3")
    (True, True, False)
    """
    return _placeholder().search(text) is not None


@cache
def _slug() -> re.Pattern[str]:
    word = "(?:[a-z]{2,}+|[A-Z][a-z]++|[A-Z]{2,}+)"
    return re.compile(rf"(?:{word}|[0-9]{{1,4}})(?:[._/:-](?:{word}[0-9]{{0,2}}|[0-9]{{1,4}}))*+")


def is_slug(text: str) -> bool:
    """Return whether it is words and short numbers that are joined: a name, a path, a version; not a secret.

    >>> is_slug("gpt-4o-mini"), is_slug("release/2024.1"), is_slug("x7Kq-9fT2")
    (False, True, False)
    """
    return _slug().fullmatch(text) is not None


@cache
def _capitals() -> re.Pattern[str]:
    """Capitals side by side after a small letter: drawn by a machine, but for names such as parseHTTP."""
    return re.compile(r"[a-z][^A-Za-z]?[A-Z]{2}.*[a-z]|[A-Z]{3}[a-z]{1,2}[^A-Za-z]")


def is_password(text: str, *, loose: bool, assigned: bool) -> bool:
    """Return whether it may be a password: `loose` where nothing but a space parts it from the sign, as in prose."""
    if not 6 <= len(text) <= LONGEST or is_placeholder(text):
        return False
    digits = sum(map(str.isdigit, text))
    letters = sum(map(str.isalpha, text))
    others = len(text) - digits - letters
    if text.startswith(_NO_VALUE) or text.count(" ") > 4:
        return False
    if mixed(text) or (not (loose and assigned) and _capitals().search(text)):
        return True
    cases = text != text.lower() and text != text.upper()
    signs = others - sum(map(text.count, " ._-/:"))
    if not loose:
        return bool(letters and (digits or signs))
    if not assigned:  # `password: hunter2`, but not `password: read-me-2`
        return bool(letters and (digits or signs and cases) and (not is_slug(text) or text.isalnum()))
    return bool(letters and (signs and cases or digits and (others or cases)) and not is_slug(text))


def is_strong(text: str) -> bool:
    """Return whether it is a password by itself, whatever stands around it: nobody writes a word so.

    >>> is_strong("Winter2023!"), is_strong("x7Kq9fT2"), is_strong("sunshine"), is_strong("SHA-256")
    (True, True, False, False)
    """
    if not 8 <= len(text) <= LONGEST or " " in text or is_slug(text) or text.startswith(_NO_VALUE):
        return False
    if not (re.search("[0-9]", text) and re.search("[a-z].*[A-Z]|[A-Z].*[a-z]|[!#$%^&*+@?~]", text)):
        return False
    return re.search("[A-Za-z].*[A-Za-z]", text) is not None and not is_placeholder(text)


def is_secret(text: str, *, quoted: bool) -> bool:
    """Return whether it may be a key or a token that a name of secrets is given."""
    if not (8 if quoted else 12) <= len(text) <= LONGEST or not varied(text, 6 if quoted else 8) or " " in text:
        return False
    if is_placeholder(text):
        return False
    if text.startswith((*_NO_VALUE[:-1], "[")) or not any(map(str.isalpha, text)):
        return False
    if text.startswith("0x") and not set(text[2:]) - set("0123456789abcdefABCDEF"):
        return False
    return mixed(text) or not is_slug(text)


_turns: Final = re.compile("[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])").findall


def is_opaque(text: str) -> bool:
    """Return whether it was drawn at random, so that any name of secrets near it is enough.

    >>> is_opaque("4fq09Zk2mPq8LwXyz01A"), is_opaque("0f1e2d3c4b5a69780f1e2d3c"), is_opaque("release_2024_candidate_10")
    (True, True, False)
    """
    return (
        20 <= len(text) <= LONGEST
        and varied(text, 10)
        and (mixed(text) or len(_turns(text)) >= 6)
        and not is_slug(text)
        and not is_placeholder(text)
    )
