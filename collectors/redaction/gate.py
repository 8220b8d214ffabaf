"""The gate: which finders a text needs, told by a few scans at C's speed. Most texts need none.

A flag means "there may be"; no flag means that there is nothing. Bytes are looked at, UTF-8 or any other text that
keeps ASCII, so that whole encoded cells can be asked about at once. Each scan costs about a microsecond per kilobyte:
what the text's signs alone can tell is asked of them, a few in a hundred of its bytes.
"""

from __future__ import annotations

import re
from typing import Final

from windvane.collectors.redaction.named import may_name

__all__ = ["ALL", "AT", "COLONS", "DOTTED", "LETTERS", "LONG", "LONG_RUN", "NUMBER", "OTHER_STEMS", "PEM"]
__all__ += ["URL", "WORD", "digits", "flags", "is_name", "runs", "says_phone"]

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
_digit: Final = re.compile(rb"[0-9]").search
_RUN: Final = _A * LONG_RUN
_TOKEN: Final = bytes(
    97 if chr(byte).isascii() and (chr(byte).isalnum() or byte in b"_-") else 32 for byte in range(256)
)
_SIGNS: Final = b"@:=<\\%-/.0123456789"
_OTHERS: Final = bytes(byte for byte in range(256) if byte not in _SIGNS)
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
_NAME: Final = r"[a-z_-]+|(?:[A-Z]?[a-z]{3,}|[A-Z]{2,12}(?=[A-Z][a-z]{3}|[_-]|\Z)|[_-])++"
"""What somebody has named, in whatever style: a token without digits is no such thing."""
is_name: Final = re.compile(_NAME).fullmatch
_is_name: Final = re.compile(_NAME.encode()).fullmatch
_JOINED: Final = re.compile(rb"@(?<=[^\s]@)[^\s]")
# A pattern that begins with one sign is looked for fast, hence what is asked behind it.
_ESCAPE: Final = re.compile(rb"\\(?<=\\)u00[2-7][0-9]")
_PERCENT: Final = re.compile(rb"%(?:[2-9ABab][0-9A-Fa-f]|0[9AaDd])")
_DOTS: Final = re.compile(rb"0\.0{1,3}\.0")
_NO_DIGITS: Final = b"@:=<\\%-/."
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
    signs = raw.translate(None, _OTHERS)
    lower = raw.translate(_LOWER)
    found = AT if b"@" in signs and _JOINED.search(raw) else 0
    count = len(signs.translate(None, _NO_DIGITS))
    if count >= 4:
        if count >= 7 and _has_number(lower):
            found |= NUMBER
        if b"." in signs and _DOTS.search(lower):
            found |= DOTTED
    # \u0040 and %40: what else there may be is seen once they are read.
    if not found and ((b"\\" in signs and _ESCAPE.search(raw)) or (b"%" in signs and _PERCENT.search(raw))):
        found |= AT
    if _has_long(raw):
        found |= LONG
    colons = signs.count(b":")
    if may_name(raw, signs, lower, colons):
        found |= WORD
    if colons > 1 and _GROUPS.search(raw):
        found |= COLONS
    if colons and found & (AT | LONG):
        found |= URL
    if b"----" in signs and (b"PRIVATE KEY" in raw or b"Private-Lines" in raw):
        found |= PEM
    return found


def _has_long(raw: bytes) -> bool:
    run = raw.translate(_TOKEN)
    start = run.find(_RUN)
    while start >= 0:
        end = run.find(b" ", start + LONG_RUN)
        end = len(run) if end < 0 else end
        if _digit(raw, start, end) or (end - start >= LETTERS and not _is_name(raw, start, end)):
            return True
        start = run.find(_RUN, end)
    return False


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
