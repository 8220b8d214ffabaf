"""Finds what of a URL is secret: before its @, or in its path where whoever knows it may use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.values import is_placeholder
from windvane.collectors.redaction.variety import varied

__all__ = ["urls"]


@cache
def _userinfo() -> re.Pattern[str]:
    # The slashes may be escaped, as JSON allows; an @ in the name is one that was.
    name = r"""[^\s/:?#"'<>\\|]{0,128}"""
    return re.compile(
        rf""":\\?/\\?/(?:(?P<name>{name}):(?P<password>[^\s/"'<>|]{{1,256}})|(?P<token>[A-Za-z0-9_-]{{20,256}}))@"""
    )


@cache
def _oracle() -> re.Pattern[str]:
    return re.compile(r"(?:thin:|sqlplus )[A-Za-z0-9_.$]{1,64}/(?P<password>[^\s/\"'<>|]{1,256})@")


@cache
def _hook() -> re.Pattern[str]:
    return re.compile(
        r"://(?:hooks\.slack\.com/(?:services|workflows|triggers)/|(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks/"
        r"|[a-z0-9-]{1,60}\.webhook\.office\.com/webhookb2/|hooks\.zapier\.com/hooks/catch/"
        r"|api\.telegram\.org/bot)(?P<rest>[A-Za-z0-9_@:/-]{12,300})"
    )


def urls(text: str) -> Iterator[Find]:
    """Yield passwords and tokens before the @ of a URL, and the secret part of webhooks' URLs."""
    for slashes in ("://", ":\\/\\/"):
        at = text.find(slashes)
        while at >= 0:
            found = _userinfo().match(text, at)
            if found and not is_placeholder(found["password"] or found["token"]):
                group = "password" if found["password"] else "token"
                whole = group == "password" and len(found["name"]) >= 20 and varied(found["name"])  # a token as a name
                yield Find(found.start("name" if whole else group), found.end(group), Kind.URL_PASSWORD)
            elif hook := _hook().match(text, at):
                yield Find(hook.start("rest"), hook.end("rest"), Kind.SERVICE_TOKEN)
            at = text.find(slashes, at + 3)
    if "thin:" in text or "sqlplus " in text:
        for found in _oracle().finditer(text):
            yield Find(*found.span("password"), Kind.URL_PASSWORD)
