"""Finds what is made of digits: cards, IBANs, national numbers, phone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Final

from windvane.collectors.redaction.accounts import account_at
from windvane.collectors.redaction.check_digits import luhn
from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.gate import digits
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.national import BARE, Bare, dni, is_cn_resident_id, near, rut
from windvane.collectors.redaction.phones import phone
from windvane.collectors.redaction.variety import has_digit

__all__ = ["is_card", "numbers"]

# Lengths by the issuer's first digits; the longer beginning first.
_ISSUERS: Final[tuple[tuple[str, tuple[int, ...]], ...]] = (
    (r"3[47]", (15,)),  # American Express
    (r"3(?:0[0-5]|095|[689])", (14, 16, 17, 18, 19)),  # Diners
    (r"35", (16, 17, 18, 19)),  # JCB
    (r"(?:1800|2131)", (15,)),  # JCB, older
    (r"4", (13, 16, 19)),  # Visa
    (r"5[1-5]", (16,)),  # Mastercard
    (r"2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)", (16,)),
    (r"(?:6011|64[4-9]|65)", (16, 17, 18, 19)),  # Discover
    (r"62|81", (16, 17, 18, 19)),  # UnionPay
    (r"(?:50|5[6-9]|6[0-9]|0604)", (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro, RuPay, others
    (r"220[0-4]", (16, 17, 18, 19)),  # Mir
)


_ACCOUNT_BEFORE: Final = 26
"""How far before its first seven digits an IBAN may begin."""


@cache
def _issuers() -> list[tuple[re.Pattern[str], tuple[int, ...]]]:
    return [(re.compile(begin), lengths) for begin, lengths in _ISSUERS]


def is_card(digits: str) -> bool:
    """Return whether digits are a card's: the issuer's range, its length, and Luhn's check digit.

    >>> is_card("4111111111111111"), is_card("4111111111111112"), is_card("1111111111111117")
    (True, False, False)
    """
    return (
        any(len(digits) in lengths and begin.match(digits) for begin, lengths in _issuers())
        and luhn(digits)
        and len(set(digits)) > 1
    )


@cache
def _region() -> re.Pattern[str]:
    """Seven digits or more with at most three separators between two of them; it is left as soon as none follows."""
    return re.compile(r"[0-9](?:[ .()/\-\u00a0\u202f\u2011]{0,3}[0-9]){6,}+")


@cache
def _span() -> re.Pattern[bytes]:
    return re.compile(rb"0[0 ]{6,}+")


@cache
def _time() -> re.Pattern[str]:
    """A date, or a date and an hour, and nothing else."""
    return re.compile(
        r"(?:19|20)[0-9]{2}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12][0-9]|3[01])(?:[ ]{1,2}[0-9]{1,2})?"
        r"|(?:0?[1-9]|[12][0-9]|3[01])[-/.](?:0?[1-9]|[12][0-9]|3[01])[-/.](?:19|20)[0-9]{2}(?:[ ]{1,2}[0-9]{1,2})?"
        r"|(?:19|20)[0-9]{2} ?[-/.] ?(?:19|20)[0-9]{2}"
    )


_CHECKS: Final = {bare.kind: bare.check for some in BARE.values() for bare in some} | {Kind.CL_RUT: rut}


@cache
def _notations() -> re.Pattern[str]:
    """Numbers as they are written: one group each, with its separators."""
    return re.compile(
        r"(?<![0-9A-Za-z])(?<![0-9]\.)(?:"
        r"(?P<card>[0-9]{4}([ -])[0-9]{4}\2[0-9]{4}\2[0-9]{4}(?:\2[0-9]{3})?|3[0-9]{3}([ -])[0-9]{6}\3[0-9]{4,5})"
        r"|(?P<us_ssn>[0-9]{3}-[0-9]{2}-[0-9]{4})"
        r"|(?P<in_aadhaar>[2-9][0-9]{3}([ -])[0-9]{4}\6[0-9]{4})"
        r"|(?P<br_cpf>[0-9]{3}\.[0-9]{3}\.[0-9]{3}[-/][0-9]{2})"
        r"|(?P<br_cnpj>[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2})"
        r"|(?P<ch_ahv>756([. ])[0-9]{4}\10[0-9]{4}\10[0-9]{2})"
        r"|(?P<fr_nir>[1-378] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{2})"
        r"|(?P<be_nrn>[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2})"
        r"|(?P<se_personnummer>(?:19|20)?[0-9]{6}[-+][0-9]{4})"
        r"|(?P<ar_cuit>[23][0347]-[0-9]{8}-[0-9])"
        r"|(?P<cl_rut>[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9])"
        r"|(?P<de_steuer_id>[0-9]{2} [0-9]{3} [0-9]{3} [0-9]{3})"
        r"|(?P<no_fodselsnummer>[0-9]{6} [0-9]{5})"
        r")(?![0-9A-Za-z])(?!\.[0-9])"
    )


@cache
def _worded() -> re.Pattern[str]:
    """Notations that others share: a word must be near."""
    return re.compile(
        r"(?<![0-9A-Za-z])(?:[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}|[0-9]{3}[ -][0-9]{3}[ -][0-9]{3,4}"
        r"|[0-9]{4}[ .][0-9]{2}[ .][0-9]{3}|[0-9]{2}[. -][0-9]{3}[. -][0-9]{3}[. -][0-9]{3})(?![0-9A-Za-z])"
    )


@cache
def _spanish() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?<![A-Z0-9])(?:[XYZ]-?[0-9]{7}|[0-9]{8}|[0-9]{2}\.[0-9]{3}\.[0-9]{3})[- ]?[A-Z](?![A-Z0-9])"
    )


@cache
def _chilean() -> re.Pattern[str]:
    return re.compile(r"(?<![0-9A-Za-z.])[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[Kk](?![0-9A-Za-z])")


@cache
def _account_begin() -> re.Pattern[str]:
    return re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}")


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def numbers(text: str) -> Iterator[Find]:
    """Yield cards, IBANs, national numbers and phone numbers."""
    done = 0
    # The bytes are scanned because that is three times faster; most texts have few digits.
    spans = (span.span() for span in _span().finditer(digits(text)))
    for region in chain.from_iterable(_region().finditer(text, *span) for span in spans):
        start, end = region.span()
        if _time().fullmatch(text, start, end):
            continue
        if account := _account_near(text, max(done, start - _ACCOUNT_BEFORE), start):
            yield account
            done = account.end
        if end > done:
            yield from _in_region(text, max(start, done), end)


def _in_region(text: str, start: int, end: int) -> Iterator[Find]:
    bare = text[start:end].isdigit()
    if _may_be_lettered(text, start, end) and (lettered := _lettered(text, max(0, start - 2), min(len(text), end + 2))):
        yield lettered
        return
    if bare:
        found = _bare(text, start, end)
        if found:
            yield found
        return
    at = start
    for match in _notations().finditer(text, start, end):
        if match.start() >= at and (found := _noted(match)):
            if (again := phone(text, at, match.start())) is not None:
                yield again
            yield found
            at = match.end()
    for match in _worded().finditer(text, at, end):
        if match.start() >= at and (found := _by_word(text, match)):
            yield found
            at = match.end()
    if at > start:
        start = at
    while start < end:
        found = phone(text, start, end)
        if found is None:
            break
        yield found
        start = found.end
    if start == at and at < end:
        yield from _bare_parts(text, at, end)


def _bare_parts(text: str, start: int, end: int) -> Iterator[Find]:
    for match in re.compile("[0-9]{9,19}").finditer(text, start, end):
        found = _bare(text, match.start(), match.end())
        if found:
            yield found


def _account_near(text: str, begin: int, start: int) -> Find | None:
    """Return an IBAN whose digits from `start` on are the first seven in a row."""
    if not text[max(0, start - 2) : start].isalpha() and not has_digit(text, begin, start):
        return None
    places = _account_begin().finditer(text, begin, min(len(text), start + 2))
    return next(filter(None, (account_at(text, place.start()) for place in places)), None)


def _may_be_lettered(text: str, start: int, end: int) -> bool:
    """Whether one letter stands before the digits, or after them, perhaps behind a sign."""
    sign = text[end : end + 1] in ("-", " ")
    letter, next_one = text[end + sign : end + sign + 1], text[end + sign + 1 : end + sign + 2]
    next_to_it = next_one.isascii() and next_one.isalnum()
    return (_is_letter(letter) and not next_to_it) or _is_letter(text[start - 1 : start])


def _is_letter(character: str) -> bool:
    """Whether it joins digits to a word: letters of scripts without spaces do not."""
    return character.isascii() and character.isalpha()


def _noted(match: re.Match[str]) -> Find | None:
    kind = Kind(next(name for name, value in match.groupdict().items() if value))
    number = _digits(match[0])
    sound = is_card(number) if kind is Kind.CARD else _CHECKS[kind](number)
    return Find(match.start(), match.end(), kind) if sound else None


def _by_word(text: str, match: re.Match[str]) -> Find | None:
    number = _digits(match[0])
    return _known(text, match.start(), match.end(), number, BARE.get(len(number), ()))


def _known(text: str, start: int, end: int, number: str, some: tuple[Bare, ...]) -> Find | None:
    # A word beside it decides between numbers of one length.
    sound = [bare for bare in some if (not bare.needs_word or near(bare.kind, text, start)) and bare.check(number)]
    for bare in sound:
        if bare.needs_word or near(bare.kind, text, start):
            return Find(start, end, bare.kind)
    return Find(start, end, sound[0].kind) if sound else None


def _bare(text: str, start: int, end: int) -> Find | None:
    number = text[start:end]
    if len(number) in (10, 13) and number[0] == "1" and number[1] in "56789":
        # A time in seconds or milliseconds since 1970, if there is no word for it.
        worded = tuple(bare for bare in BARE.get(len(number), ()) if bare.needs_word)
        return _known(text, start, end, number, worded) or phone(text, start, end)
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:] == "." and before[:1].isdigit():
        return None  # a part of a decimal number
    if _is_letter(before[-1:]) or _is_letter(after[:1]):
        return phone(text, start, end) if before[-1:] == "x" else None
    if 12 <= len(number) <= 19 and is_card(number):
        return Find(start, end, Kind.CARD)
    found = _known(text, start, end, number, BARE.get(len(number), ()))
    return found or phone(text, start, end)


def _lettered(text: str, start: int, end: int) -> Find | None:
    match = _spanish().search(text, start, end)
    if match and dni(re.sub("[^0-9A-Za-z]", "", match[0])):
        return Find(match.start(), match.end(), Kind.ES_DNI)
    match = _chilean().search(text, start, end)
    if match and rut(match[0].replace(".", "")):
        return Find(match.start(), match.end(), Kind.CL_RUT)
    if end - start > 17:
        match = re.compile(r"(?<![0-9A-Za-z])[0-9]{17}[Xx](?![0-9A-Za-z])").search(text, start, end)
        if match and is_cn_resident_id(match[0]):
            return Find(match.start(), match.end(), Kind.CN_RESIDENT_ID)
    return None
