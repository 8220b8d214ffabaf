"""Finds what follows Authorization, Bearer, Basic or Cookie."""

from __future__ import annotations

import re
from functools import cache

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.values import is_placeholder, is_slug, value
from windvane.collectors.redaction.variety import varied

__all__ = ["after_scheme", "header", "in_cookie"]


@cache
def _scheme() -> re.Pattern[str]:
    return re.compile(r"(?i)(?:bearer|basic|token|digest|apikey|bot)[ \t:]{1,4}|[a-z][a-z0-9-]{2,20}[ ](?=[^\s=]{12})")


@cache
def _parameters() -> re.Pattern[str]:
    """What Digest, OAuth, Hawk, Signature and Amazon's scheme say: `name="value", name=value`."""
    one = r"""[A-Za-z_-]{1,40}=[ \\]{0,10}(?:"[^"\n]{0,800}+"|[^\s,"';]{1,800}+)"""
    return re.compile(rf"[A-Za-z0-9-]{{2,24}}[ ]{{1,2}}(?P<all>{one}(?:[, ]{{1,4}}{one}){{0,20}}+)")


@cache
def _bearer_before() -> re.Pattern[str]:
    return re.compile(r"(?i)\b(?:bearer|basic)[ \t]{1,4}\Z")


def header(text: str, start: int, name: str) -> Find | None:
    """Return the secret of a header of that name, in lower case, whose value starts at `start`."""
    if "cookie" in name:
        end = re.compile(r"[^\n\r\"']{8,4000}+").match(text, start)
        values = (part.partition("=")[2] for part in end[0].split(";")) if end else iter(())
        secret = any(len(part) >= 8 and varied(part, 6) and not is_slug(part) for part in values)
        return Find(start, end.end(), Kind.AUTHORIZATION) if end and secret else None
    if (several := _parameters().match(text, start)) and varied(several["all"]):
        return Find(*several.span("all"), Kind.AUTHORIZATION)
    scheme = _scheme().match(text, start)
    found = value().match(text, scheme.end() if scheme else start)
    if found is None or len(found[0]) < 6 or is_placeholder(found[0]) or text[found.end() : found.end() + 1] == "(":
        return None
    return Find(found.start(), found.end(), Kind.AUTHORIZATION) if varied(found[0], 5) or "=" in found[0] else None


def after_scheme(text: str, start: int) -> Find | None:
    """Return what starts at `start`, right behind Bearer or Basic."""
    scheme = _bearer_before().search(text, max(0, start - 12), start)
    found = value().match(text, start) if scheme else None
    if scheme is None or found is None or is_placeholder(found[0]) or len(found[0]) < 12:
        return None
    if scheme[0][:5].lower() == "basic" and not _is_basic(found[0]):
        return None
    return Find(found.start(), found.end(), Kind.AUTHORIZATION) if varied(found[0]) or "=" in found[0] else None


def _is_basic(found: str) -> bool:
    return len(found) % 4 == 0 and varied(found, 6) and not is_slug(found)


def in_cookie(text: str, start: int) -> Find | None:
    """Return the value that starts at `start`, if a Cookie header stands before it on the same line."""
    before = text.rfind("ookie", max(0, start - 400), start)
    between = text[before:start]
    is_header = before >= 0 and ":" in between[:9] and "\n" not in between
    found = re.compile(r"[A-Za-z0-9+/_.~%=-]{4,4000}+").match(text, start) if is_header else None
    if found is None or not varied(found[0]) or is_slug(found[0]):
        return None
    return Find(start, found.end(), Kind.AUTHORIZATION)
