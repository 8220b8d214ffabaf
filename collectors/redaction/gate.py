"""The gate: which finders a text needs, told by a few scans at C's speed. Most texts need none.

A flag means "there may be"; no flag means that there is nothing. Bytes are looked at, UTF-8 or any other text that
keeps ASCII, so that whole encoded cells can be asked about at once.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ALL", "AT", "COLONS", "DOTTED", "LETTERS", "LONG", "LONG_RUN", "NUMBER", "OTHER_STEMS", "PEM", "URL"]
__all__ += ["WORD", "digits", "flags", "runs", "says_phone"]

AT: Final = 1
"""An @, also as an escape: an e-mail address, a password in a URL."""
NUMBER: Final = 2
"""Nine digits, whatever separators stand between them; or seven, where a word or a letter says what they are."""
DOTTED: Final = 4
"""Digits between dots: IPv4."""
LONG: Final = 8
"""A run of 16 characters that tokens are made of, with a digit or a capital among them."""
WORD: Final = 16
"""A word that a short password may follow."""
COLONS: Final = 32
"""Two colons side by side, or hexadecimal digits between three: IPv6."""
PEM: Final = 64
URL: Final = 128
ALL: Final = 255

LONG_RUN: Final = 16
LETTERS: Final = 20
"""A token without a digit is rare, and no shorter than this; names in code are."""
_A: Final = b"a"
_RUN: Final = _A * LONG_RUN
_TOKEN: Final = bytes(
    97 if chr(byte).isascii() and (chr(byte).isalnum() or byte in b"_-") else 32 for byte in range(256)
)
_LOWER: Final = bytes(
    48 if byte in b"0123456789" else ord(chr(byte).lower()) if byte < 128 else byte for byte in range(256)
)
# Among the separators are the bytes of UTF-8's no-break spaces and hyphens: too many only open the gate wider.
_NUMBER: Final = re.compile(rb"0(?:[ .()/+\xc2\xa0\xe2\x80\xaf\x91-]{0,3}0){6,}+")
_LETTER_AFTER: Final = re.compile(rb"[- ]?[a-z](?![a-z0])")
_STEMS: Final = tuple(
    "phone|tel|mobil|fax|call|cel|desk:|messag|office|answering|sms|whats|text |reach|dial| ring |contact|movil|ruf"
    "|llam|appel|handy| home| work ".split("|")
)
"""Parts of the words that make a phone number of few digits: most digits have none of them near."""
OTHER_STEMS: Final = ("móvil", "numéro", "número", "тел", "电话", "電話", "전화")
_AUTH: Final = b"authorization"
_PASSWORD: Final = re.compile(
    rb"""pass(?:[wpc]|e\b|[0_-]{0,8}[\\"'` \t]{0,6}[=:,])"""
)  # and not the statement of Python
_ELEMENT: Final = re.compile(rb"(?:key|secret|token|pwd)>")
_DIGITS: Final = bytes(48 if byte in b"0123456789" else 32 if byte in b" .()/+-?\xa0" else 120 for byte in range(256))
_GROUPS: Final = re.compile(rb":(?::|(?:[0-9A-Fa-f]{1,4}:){2})")


def runs(text: str) -> bytes:
    """Return a byte per character of the text: `a` for what tokens are made of, a space for others."""
    return text.encode("latin-1", "replace").translate(_TOKEN)


def digits(text: str) -> bytes:
    """Return a byte per character of the text: `0` for digits, a space for what may part them, `x` for others."""
    return text.encode("latin-1", "replace").translate(_DIGITS)


def flags(raw: bytes) -> int:
    """Return what there may be in `raw`.

    >>> flags(b"The refund of 25.50 should arrive within 5 days.")
    0
    >>> flags(b"Call 555-0123-4567") == NUMBER, flags(b"to a@b.example") == AT
    (True, True)
    """
    # The order is of cost: a single byte is found forty times faster than three.
    lower = raw.translate(_LOWER)
    found = AT if b"@" in raw else 0
    digits = lower.count(b"0")
    if digits >= 4:
        if digits >= 7 and _has_number(lower):
            found |= NUMBER
        if b".0" in lower and (b".0." in lower or b".00." in lower or b".000." in lower):
            found |= DOTTED
    # \u0040, %40, %3D: all digits are 0 here.
    if not found and ((b"\\" in raw and b"\\u0000" in lower) or (b"%" in raw and b"%0" in lower)):
        found |= AT
    run = raw.translate(_TOKEN)
    start = run.find(_RUN)
    while start >= 0:
        end = run.find(b" ", start)
        end = len(run) if end < 0 else end
        if lower.find(b"0", start, end) >= 0 or (end - start >= LETTERS and not raw[start:end].islower()):
            found |= LONG
            break
        start = run.find(_RUN, end)
    colons = raw.count(b":")
    signs = colons or b"=" in raw
    if (b"pass" in lower and _PASSWORD.search(lower)) or (
        signs and (b"secret" in lower or b"pwd" in lower or _AUTH in lower)
    ):
        found |= WORD
    # -u ann:password; <apiKey>…</apiKey>
    if (colons and b"-u" in raw) or (b"<" in raw and b"</" in raw and _ELEMENT.search(lower)):
        found |= WORD
    if colons > 1 and _GROUPS.search(raw):
        found |= COLONS
    if colons and found & (AT | LONG):
        found |= URL
    if b"PRIVATE KEY" in raw:
        found |= PEM
    return found


def _has_number(lower: bytes) -> bool:
    for match in _NUMBER.finditer(lower):
        start, end = match.span()
        if lower.count(b"0", start, end) >= 9:
            return True
        around = lower[max(0, start - 64) : end + 16].decode("utf-8", "replace")
        # A letter beside it may make it an identity number, two before it an IBAN.
        if says_phone(around) or lower[start - 1 : start].isalpha() or _LETTER_AFTER.match(lower, end):
            return True
    return False


def says_phone(around: str) -> bool:
    """Return whether a word that may tell of a phone number stands in `around`, in lower case."""
    return any(map(around.__contains__, _STEMS)) or (
        not around.isascii() and any(map(around.__contains__, OTHER_STEMS))
    )
