"""Finds secrets by what stands before them: a name and a sign, a header's word, a URL's scheme, a PEM line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.variety import mixed, varied

__all__ = ["assignments", "logins", "long_value", "pem", "urls"]

_WORDS: Final = (b"pass", b"pwd", b"secret", b"authorization")
"""What may stand before a short secret: the gate's words. Before a long one, `long_value` looks."""
_STEMS: Final = ("pass", "pwd", "secret", "token", "key", "auth", "cred", "sig", "cookie")
"""Parts of the names below: most values have none of them near, and to ask for these is fast."""
_LONGEST: Final = 400
_IN_VALUES: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_.~-"


@cache
def _name() -> re.Pattern[str]:
    """A name that a secret is given to, from the word in `_WORDS` on, with the sign after it."""
    # A quote may be escaped, as within JSON within JSON; spaces stand for escaped line ends.
    gap = r"""["'`\\ \t]{0,6}"""
    return re.compile(
        r"(?i)(?:(?P<password>pass(?:word|wort|wd|phrase|code|e)?|pwd|senha|contrase(?:ñ|n)a)"
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


@cache
def _value() -> re.Pattern[str]:
    # In a query string & ends it; in a password it does not.
    return re.compile(r"""(?:[^\s"'`,;<>(){}\[\]&\\]|&(?![A-Za-z_-]{1,40}=)|\\(?!["'`\s])){4,400}+""")


@cache
def _quoted() -> re.Pattern[str]:
    return re.compile(r"""[^"'`\n\r\\]{4,400}+""")


@cache
def _placeholder() -> re.Pattern[str]:
    words = "your|example|placeholder|changeme|redacted|dummy|sample|insert|undefined|environ|getenv|process.env|config"
    return re.compile(rf"(?i)[$%]\{{|\{{\{{|<[a-z]|\.\.\.|\*\*\*|xxxx|…|^\$[A-Z_]+$|^%[A-Z_]+%$|(?:^|[_\W])(?:{words})")


@cache
def _bearer() -> re.Pattern[str]:
    return re.compile(r"(?i)(?:bearer|basic|token|digest|apikey|bot)[ \t:]{1,4}")


def _in_cookie(text: str, at: int) -> bool:
    """Whether a Cookie header stands before, on the same line."""
    header = text.rfind("ookie", max(0, at - 400), at)
    between = text[header:at]
    return header >= 0 and ":" in between[:9] and "\n" not in between


@cache
def _bearer_before() -> re.Pattern[str]:
    return re.compile(r"(?i)\b(?:bearer|basic)[ \t]{1,4}\Z")


@cache
def _slug() -> re.Pattern[str]:
    """Words and short numbers that are joined: a name, a path, a version; not a secret."""
    word = "(?:[a-z]{2,}+|[A-Z][a-z]++|[A-Z]{2,}+)"
    return re.compile(rf"(?:{word}|[0-9]{{1,4}})(?:[._/:-](?:{word}[0-9]{{0,2}}|[0-9]{{1,4}}))*+")


def assignments(text: str) -> Iterator[Find]:
    """Yield what is given to a password or a secret, or follows Authorization."""
    done = 0
    for at in sorted(_places(text.encode("latin-1", "replace").lower())):
        if at >= done and (found := _assigned(text, at)):
            yield found
            done = found.end


def long_value(text: str, start: int, end: int) -> Find | None:
    """Return the value that a run of token characters is a part of, if what stands before it says that it is secret."""
    before = text[max(0, start - 120) : start]
    begin = start - (len(before) - len(before.rstrip(_IN_VALUES)))
    lead = text[max(0, begin - 8) : begin].rstrip("\"'`\\ \t")
    sign = (lead.removesuffix("b").rstrip() if text[begin - 1 : begin] in "\"'" else lead)[-1:]
    if not sign:
        return None
    if sign in "=:>,":
        window = max(0, begin - 80)
        lower = text[window:begin].lower()
        if any(map(lower.__contains__, _STEMS)):
            for name in _name().finditer(text, window, begin):
                if name.end() == begin:
                    return _assigned(text, name.start())
        if _in_cookie(text, begin) and varied(text[start:end]) and not _slug().fullmatch(text, begin, end):
            return Find(begin, end, Kind.AUTHORIZATION)
    if scheme := _bearer_before().search(text, max(0, begin - 12), begin):
        return _after_scheme(text, scheme.start())
    return None


def _places(lower: bytes) -> Iterator[int]:
    for word in _WORDS:
        at = lower.find(word)
        while at >= 0:
            yield at
            at = lower.find(word, at + len(word))


def _after_scheme(text: str, at: int) -> Find | None:
    scheme = _bearer().match(text, at)
    value = _value().match(text, scheme.end()) if scheme else None
    if value is None or _placeholder().search(value[0]) or len(value[0]) < 12:
        return None
    if text[at : at + 5].lower() == "basic" and not _is_basic(value[0]):
        return None
    return Find(value.start(), value.end(), Kind.AUTHORIZATION) if varied(value[0]) or "=" in value[0] else None


def _is_basic(value: str) -> bool:
    return len(value) % 4 == 0 and varied(value, 6) and not _slug().fullmatch(value)


def _assigned(text: str, at: int) -> Find | None:
    name = _name().match(text, at)
    if name is None:
        return None
    kind = Kind(name.lastgroup if name.lastgroup not in (None, "space", "sign") else _kind(name))
    if kind is Kind.SECRET and not _is_secret_name(text, at, name["secret"].lower()):
        return None
    start = name.end()
    if kind is Kind.AUTHORIZATION:
        return _header(text, start, name[0].lower())
    quote = text[start - 1]
    if quote in "\"'`":
        value = _quoted().match(text, start)
        if value is None or text[value.end() : value.end() + 1] not in (quote, "\\", ""):
            value = _value().match(text, start)
    else:
        value = _value().match(text, start)
    if value is None or (quote not in "\"'`" and text[value.end() : value.end() + 1] == "("):
        return None
    # Blanks stand for the backslash of an escaped quote.
    found = value[0].rstrip(" \\") if quote in "\"'`" else value[0].rstrip(",:")
    loose = quote not in "\"'`" and bool(name["space"] or name["sign"].startswith(" "))
    if not (
        _is_password(found, loose=loose, assigned=name["sign"] == "=")
        if kind is Kind.PASSWORD
        else _is_secret(found, quoted=quote in "\"'`")
    ):
        return None
    return Find(start, start + len(found), kind)


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


def _header(text: str, start: int, name: str) -> Find | None:
    if "cookie" in name:
        end = re.compile(r"[^\n\r\"']{8,4000}+").match(text, start)
        values = (part.partition("=")[2] for part in end[0].split(";")) if end else iter(())
        secret = any(len(part) >= 8 and varied(part, 6) and not _slug().fullmatch(part) for part in values)
        return Find(start, end.end(), Kind.AUTHORIZATION) if end and secret else None
    scheme = _bearer().match(text, start)
    value = _value().match(text, scheme.end() if scheme else start)
    if (
        value is None
        or len(value[0]) < 6
        or _placeholder().search(value[0])
        or text[value.end() : value.end() + 1] == "("
    ):
        return None
    return Find(value.start(), value.end(), Kind.AUTHORIZATION) if varied(value[0], 5) or "=" in value[0] else None


def _is_password(value: str, *, loose: bool, assigned: bool) -> bool:
    """Whether a value may be a password: `loose` where nothing but a space parts it from the sign, as in prose."""
    if not 6 <= len(value) <= _LONGEST or _placeholder().search(value):
        return False
    digits = sum(map(str.isdigit, value))
    letters = sum(map(str.isalpha, value))
    others = len(value) - digits - letters
    if value.startswith(("/", "./", "http", "self.", "0x")) or value.count(" ") > 4:
        return False
    if mixed(value) or (not (loose and assigned) and _capitals().search(value)):
        return True
    cases = value != value.lower() and value != value.upper()
    signs = others - sum(map(value.count, " ._-/:"))
    if not loose:
        return bool(letters and (digits or signs))
    if not assigned:  # `password: hunter2`, but not `password: read-me-2`
        return bool(letters and (digits or signs and cases) and (not _slug().fullmatch(value) or value.isalnum()))
    return bool(letters and (signs and cases or digits and (others or cases)) and not _slug().fullmatch(value))


@cache
def _capitals() -> re.Pattern[str]:
    """Capitals side by side after a small letter: drawn by a machine, but for names such as parseHTTP."""
    return re.compile(r"[a-z][^A-Za-z]?[A-Z]{2}.*[a-z]|[A-Z]{3}[a-z]{1,2}[^A-Za-z]")


def _is_secret(value: str, *, quoted: bool) -> bool:
    if not (8 if quoted else 12) <= len(value) <= _LONGEST or not varied(value, 6 if quoted else 8) or " " in value:
        return False
    if _placeholder().search(value):
        return False
    if value.startswith(("/", "./", "http", "self.", "[")) or not any(map(str.isalpha, value)):
        return False
    if value.startswith("0x") and not set(value[2:]) - set("0123456789abcdefABCDEF"):
        return False
    return mixed(value) or not _slug().fullmatch(value)


@cache
def _in_query() -> re.Pattern[str]:
    """What a key in a query must look like to be a secret: others name what is asked for."""
    return re.compile(r"=[A-Za-z0-9_-]{24,}+(?![A-Za-z0-9_/%])")


@cache
def _logins() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Passwords that no sign is before, in a .netrc, curl's, XML's; each with what stands in every such text."""
    value = r"""(?P<password>[^\s"'`$<>{}\[][^\s"'`<>]{3,200})"""
    names = "[Pp]ass(?:word|wd|phrase)|[Pp]wd|[Ss]ecret|(?:api|client|access|secret)[-_]?(?:[Kk]ey|[Ss]ecret|[Tt]oken)"
    return (
        ("login ", re.compile(rf"login[ ]{{1,4}}\S{{1,80}}\s{{1,4}}password\s{{1,4}}{value}")),
        ("-u", re.compile(rf"""-u(?:ser)?[ =]{{1,2}}["']?[^\s:"'$<{{]{{1,80}}:{value}""")),
        ("</", re.compile(rf">{value}</(?:{names})>")),
    )


def logins(text: str) -> Iterator[Find]:
    """Yield passwords that stand behind a name, without a sign between."""
    for has, pattern in _logins():
        for found in pattern.finditer(text) if has in text else ():
            if _is_password(found["password"], loose=False, assigned=True):
                yield Find(*found.span("password"), Kind.PASSWORD)


@cache
def _userinfo() -> re.Pattern[str]:
    # The slashes may be escaped, as JSON allows.
    name = r"""[^\s/:@?#"'<>\\|]{0,128}"""
    return re.compile(
        rf""":\\?/\\?/(?:{name}:(?P<password>[^\s/"'<>|]{{1,256}})|(?P<token>[A-Za-z0-9_-]{{20,256}}))@"""
    )


@cache
def _hook() -> re.Pattern[str]:
    return re.compile(
        r"://(?:hooks\.slack\.com/(?:services|workflows|triggers)/|(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks/"
        r"|[a-z0-9-]{1,60}\.webhook\.office\.com/webhookb2/)(?P<rest>[A-Za-z0-9_@/-]{20,300})"
    )


def urls(text: str) -> Iterator[Find]:
    """Yield passwords and tokens before the @ of a URL, and the secret part of webhooks' URLs."""
    for slashes in ("://", ":\\/\\/"):
        at = text.find(slashes)
        while at >= 0:
            found = _userinfo().match(text, at)
            if found and not _placeholder().search(found["password"] or found["token"]):
                group = "password" if found["password"] else "token"
                yield Find(found.start(group), found.end(group), Kind.URL_PASSWORD)
            elif hook := _hook().match(text, at):
                yield Find(hook.start("rest"), hook.end("rest"), Kind.SERVICE_TOKEN)
            at = text.find(slashes, at + 3)


@cache
def _pem_begin() -> re.Pattern[str]:
    return re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")


@cache
def _pem_body() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z0-9+/=\s\\:,.-]{0,20000}+")


def pem(text: str) -> Iterator[Find]:
    """Yield private keys as PEM text; one that is cut off reaches as far as its lines do."""
    at, ended = 0, True
    while begin := _pem_begin().search(text, at):
        end = text.find("-----END", begin.end()) if ended else -1
        ended = end >= 0
        if ended and end - begin.end() < 20_000:
            dashes = text.find("-----", end + 8)
            at = dashes + 5 if 0 <= dashes <= end + 80 else end + 8
        else:
            body = _pem_body().match(text, begin.end())
            at = body.end() if body else begin.end()
        yield Find(begin.start(), at, Kind.PRIVATE_KEY)
