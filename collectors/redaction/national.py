"""National numbers: each as its register defines it. A function here takes digits alone, of the right length."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

from windvane.collectors.redaction.check_digits import luhn, mod_11_10, verhoeff, weighted
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.variety import bounded

__all__ = ["BARE", "Bare", "codice_fiscale", "dni", "is_cn_resident_id", "near", "rut"]

_DNI: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_ODD: Final = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                       (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8,
                        12, 14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip


@cache
def _codice() -> re.Pattern[str]:
    digit = "[0-9LMNPQRSTUV]"  # a letter instead of a digit where two persons would have the same code
    return re.compile(rf"(?i)[A-Z]{{6}}{digit}{{2}}[ABCDEHLMPRST]{digit}{{2}}[A-Z]{digit}{{3}}[A-Z]")


def codice_fiscale(text: str) -> bool:
    """Italy, 16 characters.

    >>> codice_fiscale("RSSMRA85T10A562S"), codice_fiscale("RSSMRA85T10A562T")
    (True, False)
    """
    if not _codice().fullmatch(text):
        return False
    text = text.upper()
    odd = sum(_ODD[character] for character in text[:15:2])
    even = sum(int(character) if character.isdigit() else ord(character) - 65 for character in text[1:15:2])
    return (odd + even) % 26 == ord(text[15]) - 65


def dni(text: str) -> bool:
    """Spain, DNI or NIE: digits and a letter, or X, Y, Z, digits and a letter.

    >>> dni("12345678Z"), dni("X1234567L"), dni("12345678A")
    (True, True, False)
    """
    text = text.upper()
    digits = text[:-1].translate({88: "0", 89: "1", 90: "2"})
    return len(digits) == 8 and digits.isdigit() and text[-1] == _DNI[int(digits) % 23]


def _date(year: str, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31 and year.isdigit()


def ssn(digits: str) -> bool:
    """United States: structure alone; areas 000 and 666, group 00 and serial 0000 are never given out.

    From 900 up it is a taxpayer's number (ITIN) if its group is from 50 up.

    >>> ssn("856452100"), ssn("666452100"), ssn("912782100"), ssn("912122100")
    (True, False, True, False)
    """
    sound = digits[:3] not in ("000", "666") and digits[3:5] != "00" and digits[5:] != "0000"
    return sound and (digits[0] != "9" or digits[3] in "56789")


def _cpf(digits: str) -> bool:
    if len(set(digits)) == 1:
        return False
    first = weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    second = weighted(digits, (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}"


def _cnpj(digits: str) -> bool:
    if len(set(digits)) == 1:
        return False
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    first = 11 - weighted(digits, weights[1:]) % 11
    second = 11 - weighted(digits, weights) % 11
    return digits[12:] == f"{first if first < 10 else 0}{second if second < 10 else 0}"


def cuit(digits: str) -> bool:
    """Argentina: 11 digits.

    >>> cuit("20123456786"), cuit("20123456785")
    (True, False)
    """
    check = 11 - weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (
        digits[:2] in ("20", "23", "24", "27", "30", "33", "34") and str({11: 0, 10: 9}.get(check, check)) == digits[10]
    )


def rut(text: str) -> bool:
    """Chile: up to 8 digits and a digit or K.

    >>> rut("12345678-5"), rut("12345678-K")
    (True, False)
    """
    digits, check = text[:-1].rstrip("-"), text[-1].upper()
    found = 11 - sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(digits))) % 11
    return {11: "0", 10: "K"}.get(found, str(found)) == check


def _nhs(digits: str) -> bool:
    check = 11 - weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return check != 10 and digits[9] == str(check % 11)


def _nir(digits: str) -> bool:
    months = (*range(1, 13), *range(20, 43), *range(50, 100))
    return digits[0] in "12378" and int(digits[3:5]) in months and 97 - int(digits[:13]) % 97 == int(digits[13:])


def _steuer_id(digits: str) -> bool:
    counts = sorted(map(digits[:10].count, set(digits[:10])))
    return digits[0] != "0" and counts[-1] in (2, 3) and counts[-2] == 1 and mod_11_10(digits)


def _bsn(digits: str) -> bool:
    return digits != "0" * 9 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _nrn(digits: str) -> bool:
    if not (int(digits[2:4]) % 20 <= 12 and int(digits[4:6]) <= 31):
        return False
    check = int(digits[9:])
    return check in (97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97)


def _pesel(digits: str) -> bool:
    month = int(digits[2:4]) % 20
    check = -weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10
    return _date(digits[:2], month, int(digits[4:6])) and check == int(digits[10])


def _nif(digits: str) -> bool:
    check = 11 - weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return digits[0] != "0" and digits[8] == str(check if check < 10 else 0)


def _personnummer(digits: str) -> bool:
    ten = digits[-10:]
    return _date(ten[:2], int(ten[2:4]), int(ten[4:6]) % 60) and luhn(ten)


def _fodselsnummer(digits: str) -> bool:
    first = 11 - weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    second = 11 - weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    day, month = int(digits[:2]) % 40, int(digits[2:4]) % 40
    return _date(digits[4:6], month, day) and digits[9:] == f"{first % 11}{second % 11}"


def _ahv(digits: str) -> bool:
    return digits[:3] == "756" and weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def _kimlik(digits: str) -> bool:
    numbers = list(map(int, digits))
    tenth = (sum(numbers[0:9:2]) * 7 - sum(numbers[1:8:2])) % 10
    return numbers[0] != 0 and numbers[9] == tenth and numbers[10] == sum(numbers[:10]) % 10


def _aadhaar(digits: str) -> bool:
    return digits[0] in "23456789" and verhoeff(digits)


def _sin(digits: str) -> bool:
    return digits != "0" * 9 and luhn(digits)


def _tfn(digits: str) -> bool:
    return weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def is_cn_resident_id(text: str) -> bool:
    """China: 17 digits and a digit or X.

    >>> is_cn_resident_id("11010519491231002X"), is_cn_resident_id("110105194912310021")
    (True, False)
    """
    if text[6:8] not in ("18", "19", "20") or not _date(text[6:10], int(text[10:12]), int(text[12:14])):
        return False
    total = weighted(text[:17], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return "10X98765432"[total % 11] == text[17].upper()


class Bare(NamedTuple):
    """A national number without notation: its kind, its check, and whether a word must be near it."""

    kind: Kind
    check: Callable[[str], bool]
    needs_word: bool = False


BARE: Final[dict[int, tuple[Bare, ...]]] = {
    9: (
        Bare(Kind.US_SSN, ssn, True), Bare(Kind.NL_BSN, _bsn, True), Bare(Kind.CA_SIN, _sin, True),
        Bare(Kind.PT_NIF, _nif, True), Bare(Kind.AU_TFN, _tfn, True),
    ),
    10: (Bare(Kind.UK_NHS, _nhs, True), Bare(Kind.SE_PERSONNUMMER, _personnummer, True)),
    11: (
        Bare(Kind.BR_CPF, _cpf), Bare(Kind.PL_PESEL, _pesel), Bare(Kind.DE_STEUER_ID, _steuer_id),
        Bare(Kind.NO_FODSELSNUMMER, _fodselsnummer), Bare(Kind.BE_NRN, _nrn, True), Bare(Kind.TR_KIMLIK, _kimlik, True),
        Bare(Kind.AR_CUIT, cuit, True),
    ),
    12: (Bare(Kind.IN_AADHAAR, _aadhaar, True), Bare(Kind.SE_PERSONNUMMER, _personnummer, True)),
    13: (Bare(Kind.CH_AHV, _ahv),),
    14: (Bare(Kind.BR_CNPJ, _cnpj),),
    15: (Bare(Kind.FR_NIR, _nir),),
    18: (Bare(Kind.CN_RESIDENT_ID, is_cn_resident_id),),
}  # fmt: skip
"""By the number of digits."""

_NEAR: Final[dict[Kind, str]] = {
    Kind.US_SSN: r"ssn|social[ _-]?sec|itin\b",
    Kind.CA_SIN: r"\bsin\b|social[ _-]?insurance|assurance[ _-]?sociale",
    Kind.UK_NHS: r"\bnhs",
    Kind.NL_BSN: r"\bbsn|burgerservice|sofi-?nummer",
    Kind.PT_NIF: r"\bnif\b|contribuinte",
    Kind.AU_TFN: r"\btfn\b|tax[ _-]?file",
    Kind.BE_NRN: r"rijksregister|registre[ _-]?national|national[ _-]?(?:register|number)|\bnrn\b|\bniss\b|\binsz\b",
    Kind.TR_KIMLIK: r"kimlik|\btckn\b|\bt\.?c\.? ?no",
    Kind.IN_AADHAAR: r"aa?dhaa?r|uidai|\buid\b",
    Kind.SE_PERSONNUMMER: r"person-?nummer|\bpnr\b|personal[ _-]?(?:identity )?number",
    Kind.AR_CUIT: r"\bcui[tl]\b",
    Kind.BR_CPF: r"\bcpf",
    Kind.PL_PESEL: r"pesel",
    Kind.DE_STEUER_ID: r"steuer|\bidnr|tax[ _-]?id",
    Kind.NO_FODSELSNUMMER: r"f[øo]dsels|person-?nummer",
}


@cache
def _near(kind: Kind) -> re.Pattern[str]:
    return re.compile(bounded(_NEAR[kind]), re.IGNORECASE)


def near(kind: Kind, text: str, start: int) -> bool:
    """Return whether a word that tells of the number stands in the 48 characters before `start`."""
    pattern = _NEAR.get(kind)
    return pattern is not None and _near(kind).search(text, max(0, start - 48), start) is not None
