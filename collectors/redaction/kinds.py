"""What is looked for: one name per kind, where its format is written down, and the masks that stand for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

__all__ = ["HASH_DIGITS", "KINDS", "Kind", "KindInfo", "mask", "masks"]

HASH_DIGITS: Final = 12
"""Hexadecimal digits of a keyed hash: among a million persons, the odds that two share one are 1 to 560."""


class Kind(StrEnum):
    """A kind of secret or personal datum. The value is its name in settings; upper case, its name in a mask."""

    # Secrets.
    PROVIDER_KEY = "provider_key"
    CLOUD_KEY = "cloud_key"
    GIT_TOKEN = "git_token"
    PAYMENT_KEY = "payment_key"
    SERVICE_TOKEN = "service_token"
    JWT = "jwt"
    PRIVATE_KEY = "private_key"
    URL_PASSWORD = "url_password"
    AUTHORIZATION = "authorization"
    PASSWORD = "password"
    SECRET = "secret"
    # Of persons.
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    IP = "ip"
    # National numbers.
    US_SSN = "us_ssn"
    CA_SIN = "ca_sin"
    BR_CPF = "br_cpf"
    BR_CNPJ = "br_cnpj"
    AR_CUIT = "ar_cuit"
    CL_RUT = "cl_rut"
    UK_NHS = "uk_nhs"
    ES_DNI = "es_dni"
    IT_CODICE_FISCALE = "it_codice_fiscale"
    FR_NIR = "fr_nir"
    DE_STEUER_ID = "de_steuer_id"
    NL_BSN = "nl_bsn"
    BE_NRN = "be_nrn"
    PL_PESEL = "pl_pesel"
    PT_NIF = "pt_nif"
    SE_PERSONNUMMER = "se_personnummer"
    NO_FODSELSNUMMER = "no_fodselsnummer"
    CH_AHV = "ch_ahv"
    TR_KIMLIK = "tr_kimlik"
    IN_AADHAAR = "in_aadhaar"
    CN_RESIDENT_ID = "cn_resident_id"
    AU_TFN = "au_tfn"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """What a kind is, how it is told from other text, and where that is written down."""

    group: str
    what: str
    by: str
    source: str


_S, _P, _N = "secret", "personal", "national number"

KINDS: Final[dict[Kind, KindInfo]] = {
    Kind.PROVIDER_KEY: KindInfo(
        _S, "Keys of model providers: OpenAI, Anthropic, Hugging Face, Groq, xAI, Replicate …", "prefix and length",
        "the providers' documentation; one line each in `formats.py`",
    ),
    Kind.CLOUD_KEY: KindInfo(
        _S, "Keys of clouds: AWS, Google, Azure, DigitalOcean, Databricks, Vault …", "prefix and length",
        "the providers' documentation; one line each in `formats.py`",
    ),
    Kind.GIT_TOKEN: KindInfo(
        _S, "Tokens of GitHub, GitLab, Bitbucket", "prefix and length",
        "GitHub's and GitLab's documentation on token formats",
    ),
    Kind.PAYMENT_KEY: KindInfo(
        _S, "Keys of Stripe, Square, Shopify, Razorpay, Plaid …", "prefix and length", "the providers' documentation",
    ),
    Kind.SERVICE_TOKEN: KindInfo(
        _S, "Tokens of Slack, Twilio, SendGrid, npm, PyPI, Telegram, Notion …", "prefix and length",
        "the services' documentation",
    ),
    Kind.JWT: KindInfo(_S, "JSON Web Tokens", "`eyJ`, three parts of base64url", "RFC 7519"),
    Kind.PRIVATE_KEY: KindInfo(_S, "Private keys as PEM text, a cut-off one too", "`-----BEGIN`", "RFC 7468"),
    Kind.URL_PASSWORD: KindInfo(_S, "The password, or a long token, before the @ of a URL", "`://`", "RFC 3986"),
    Kind.AUTHORIZATION: KindInfo(
        _S, "What follows Authorization, Bearer, Basic or Cookie", "the words", "RFC 9110, RFC 6750, RFC 6265",
    ),
    Kind.PASSWORD: KindInfo(
        _S, "What is assigned to a password, or stands where a command, XML or SQL has one",
        "the name before it, and what it is made of", "common practice",
    ),
    Kind.SECRET: KindInfo(
        _S, "What is assigned to a secret, token or API key", "the name before it, and what it is made of",
        "common practice",
    ),
    Kind.EMAIL: KindInfo(_P, "E-mail addresses", "`@`, a domain", "RFC 5321"),
    Kind.PHONE: KindInfo(
        _P, "Phone numbers: +…, 00…, common national notations; others beside a word such as `phone`",
        "structure, or a word near it", "ITU-T E.164, E.123",
    ),
    Kind.CARD: KindInfo(_P, "Payment cards", "issuer's range, length, check digit", "ISO/IEC 7812 (Luhn)"),
    Kind.IBAN: KindInfo(_P, "Bank accounts", "country's length, check digits", "ISO 13616 (mod 97)"),
    Kind.IP: KindInfo(_P, "IPv4 and IPv6 addresses, but loopback and versions", "structure", "RFC 791, RFC 4291"),
    Kind.US_SSN: KindInfo(
        _N, "United States: social security number, ITIN", "structure; bare with a word near it", "SSA, IRS",
    ),
    Kind.CA_SIN: KindInfo(_N, "Canada: social insurance number", "check digit and a word near it", "ESDC (Luhn)"),
    Kind.BR_CPF: KindInfo(_N, "Brazil: CPF", "two check digits", "Receita Federal"),
    Kind.BR_CNPJ: KindInfo(_N, "Brazil: CNPJ", "two check digits", "Receita Federal"),
    Kind.AR_CUIT: KindInfo(_N, "Argentina: CUIT, CUIL", "notation and check digit", "AFIP"),
    Kind.CL_RUT: KindInfo(_N, "Chile: RUT", "notation and check digit", "Registro Civil"),
    Kind.UK_NHS: KindInfo(_N, "United Kingdom: NHS number", "check digit and a word near it", "NHS Data Dictionary"),
    Kind.ES_DNI: KindInfo(_N, "Spain: DNI, NIE", "check letter", "Ministerio del Interior"),
    Kind.IT_CODICE_FISCALE: KindInfo(_N, "Italy: codice fiscale", "structure and check letter", "DM 23/12/1976"),
    Kind.FR_NIR: KindInfo(_N, "France: NIR (but for 2A and 2B)", "structure and check digits", "INSEE"),
    Kind.DE_STEUER_ID: KindInfo(_N, "Germany: Steuer-ID", "structure and check digit", "BZSt (ISO 7064 mod 11, 10)"),
    Kind.NL_BSN: KindInfo(_N, "Netherlands: BSN", "check digit and a word near it", "RvIG (11-test)"),
    Kind.BE_NRN: KindInfo(_N, "Belgium: national number", "notation or a word, date, check digits", "RRN/IBZ"),
    Kind.PL_PESEL: KindInfo(_N, "Poland: PESEL", "date and check digit", "gov.pl"),
    Kind.PT_NIF: KindInfo(_N, "Portugal: NIF", "check digit and a word near it", "DL 14/2013"),
    Kind.SE_PERSONNUMMER: KindInfo(_N, "Sweden: personnummer", "notation, date, check digit", "Skatteverket (Luhn)"),
    Kind.NO_FODSELSNUMMER: KindInfo(_N, "Norway: fødselsnummer", "date and two check digits", "Skatteetaten"),
    Kind.CH_AHV: KindInfo(_N, "Switzerland: AHV/AVS number", "756 and check digit", "ZAS (EAN-13)"),
    Kind.TR_KIMLIK: KindInfo(_N, "Türkiye: kimlik no", "two check digits and a word near it", "NVI"),
    Kind.IN_AADHAAR: KindInfo(_N, "India: Aadhaar", "notation or a word, check digit", "UIDAI (Verhoeff)"),
    Kind.CN_RESIDENT_ID: KindInfo(_N, "China: resident identity number", "date and check digit", "GB 11643-1999"),
    Kind.AU_TFN: KindInfo(_N, "Australia: tax file number", "check digit and a word near it", "ATO"),
}  # fmt: skip


def mask(kind: str, digest: str = "") -> str:
    """Return what stands where something was found.

    >>> mask(Kind.EMAIL), mask("employee_id", "0123456789ab")
    ('[EMAIL]', '[EMPLOYEE_ID:0123456789ab]')
    """
    return f"[{kind.upper()}:{digest}]" if digest else f"[{kind.upper()}]"


@lru_cache(maxsize=8)
def masks(own: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Return the pattern of all masks, of the kinds here and of the user's `own`; its group `kind` names the kind."""
    names = "|".join(re.escape(name.upper()) for name in (*Kind, "BODY", *own))
    return re.compile(rf"\[(?P<kind>{names})(?::[0-9a-f]{{{HASH_DIGITS}}})?\]")
