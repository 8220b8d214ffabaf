"""Tells IBANs: the country's length, and the check digits."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from windvane.collectors.redaction.check_digits import iban
from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import Kind

__all__ = ["IBAN_LENGTHS", "account_at"]

IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FO FI GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
"""Characters of a country's IBAN, by the registry of ISO 13616."""


@cache
def _account() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z]{2}[0-9]{2}(?:[ \u00a0-]?[A-Za-z0-9]){11,29}")


def account_at(text: str, start: int) -> Find | None:
    """Return the IBAN that begins at `start`, in groups of four or not, in either case.

    >>> account_at("to GB82 WEST 1234 5698 7654 32 please", 3)
    Find(start=3, end=30, kind=<Kind.IBAN: 'iban'>)
    """
    length = IBAN_LENGTHS.get(text[start : start + 2].upper())
    whole = _account().match(text, start) if length else None
    if whole is None or length is None:
        return None
    account, end = "", start
    for end in range(start, whole.end()):
        account += text[end] if text[end].isalnum() else ""
        if len(account) == length:
            break
    following = text[end + 1 : end + 2]
    if len(account) < length or (following.isascii() and following.isalnum()) or not iban(account.upper()):
        return None
    return Find(start, end + 1, Kind.IBAN)
