"""Finds e-mail and IP addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import Kind

__all__ = ["emails", "ipv4", "ipv6"]

_LOCAL_CHARS: Final = 64
_COMMON: Final = frozenset(
    "com org net edu gov mil int info biz name pro app dev io ai co me tv cloud online site shop store tech email mail"
    " example test local internal corp home lan invalid localhost agency company academy digital global group life live"
    " news one page space studio systems team today tools work works world xyz zone bank health care law media network"
    " solutions support services international museum aero coop jobs mobi travel post asia cat tel".split()
)
_AN_IMAGE: Final = frozenset("png jpg jpeg gif svg webp css js html".split())


@cache
def _local() -> re.Pattern[str]:
    """The part before the @, reversed; it does not end at a dot. Scripts without spaces are no part of it."""
    letters = "A-Za-z0-9_\u00c0-\u024f\u0370-\u052f"
    signs = "%'!#$&*=?^`{|}~/-"
    return re.compile(rf"[{letters}+{signs}](?:[{letters}.+{signs}]{{0,63}}[{letters}+])?")


@cache
def _domain() -> re.Pattern[str]:
    return re.compile(r"(?:[^\W_](?:[\w-]{0,62}(?<![_-]))?\.){1,8}(?P<top>xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})(?![\w-])")


def emails(text: str, taken: frozenset[int]) -> Iterator[Find]:
    """Yield e-mail addresses; `taken` are the places of an @ that ends a URL's password."""
    at = -1
    while (at := text.find("@", at + 1)) >= 0:
        if at in taken:
            continue
        domain = _domain().match(text, at + 1)
        if domain is None:
            continue
        local = _local().match(text[max(0, at - _LOCAL_CHARS) : at][::-1])
        if local is None:
            continue
        start = at - len(_trimmed(local[0]))
        if start == at or not _is_email(text, start, at, domain):
            continue
        yield Find(start, domain.end(), Kind.EMAIL)
        at = domain.end() - 1


def _trimmed(reversed_local: str) -> str:
    """Cut what is no part of an address in practice: quotes, a path, a query's name."""
    for sign in "`{|=/&?*$^":
        reversed_local = reversed_local.partition(sign)[0]
    name, quote, rest = reversed_local.partition("'")
    if quote and not (rest[:1] in "oOdD" and not (rest[1:2].isascii() and rest[1:2].isalnum())):  # o'neil, not f'neil
        reversed_local = name
    return reversed_local.rstrip("!#%~")


def _is_email(text: str, start: int, at: int, domain: re.Match[str]) -> bool:
    local, top = text[start:at], domain["top"]
    if local in ("git", "hg") and text[domain.end() : domain.end() + 1] in (":", "/"):
        return False  # git@github.com:owner/name
    if top in _AN_IMAGE:
        return False  # icon@2x.png
    # this@MainActivity.finish: a label, not a host. Two letters are a country.
    return len(top) == 2 or top.lower() in _COMMON or domain[0] == domain[0].lower()


@cache
def _ipv4() -> re.Pattern[str]:
    return re.compile(r"[0-9](?<![0-9A-Za-z_.][0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z_]|\.[0-9])")


@cache
def _version_before() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?:\b(?:v|ver|version|versions|release|released|rev|revision|build|section|chapter|oid|firmware|driver"
        r"|upgrad\w{1,4}|sdk|library|package|patch|kernel|python|java|node|chrome|firefox|safari|edge|windows|android|ios|macos|nginx|openssl)(?:\b|_)[\s_.:=\"'(]{0,4}"
        r"(?:to |is |number |from |and |of ){0,2}[\"'v]?"
        r"|[=~<>!]=\s?[\"']?|§\s?|[a-z][a-z0-9.]{0,30}[-/_]|(?:==|\bthan|\bsince)\s{1,2})$"
    )


def ipv4(text: str) -> Iterator[Find]:
    """Yield IPv4 addresses, but loopback, netmasks, and what is a version by the word before it."""
    for match in _ipv4().finditer(text):
        octets = [int(part) for part in match[0].split(".")]
        if (
            max(octets) > 255
            or octets[0] in (0, 127, 255)
            or any(len(part) > 1 and part[0] == "0" for part in match[0].split("."))
        ):
            continue
        if _version_before().search(text, max(0, match.start() - 40), match.start()):
            continue
        yield Find(match.start(), match.end(), Kind.IP)


@cache
def _ipv6() -> re.Pattern[str]:
    return re.compile(r":(?::|[0-9A-Fa-f]{1,4}:(?::|[0-9A-Fa-f]{1,4}))")


def ipv6(text: str) -> Iterator[Find]:
    """Yield IPv6 addresses, but loopback and what two colons mean in code."""
    done = 0
    for match in _ipv6().finditer(text):
        if match.start() < done:
            continue
        before = text[max(done, match.start() - 40) : match.start()]
        start = match.start() - (len(before) - len(before.rstrip("0123456789abcdefABCDEF:")))
        end = match.start()
        limit = min(len(text), start + 46)
        while end < limit and text[end] in "0123456789abcdefABCDEF:.":
            end += 1
        found = text[start:end].rstrip(".:") if not text[start:end].endswith("::") else text[start:end]
        if "." in found:
            found = found if found.count(".") == 3 else found.partition(".")[0]
        done = max(start + len(found), match.end())
        if _is_ipv6(found) and not _in_word(text, start, start + len(found)):
            yield Find(start, start + len(found), Kind.IP)


def _in_word(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return before in ("_", ":") or any(each.isascii() and each.isalnum() for each in (before, after))


def _is_ipv6(found: str) -> bool:
    groups = [group for group in found.split(":") if group]
    # In code a::b and [::2] are common; an address of the network's begins with three or four digits.
    if "::" in found and (len(groups) < 2 or len(groups[0]) < 3 or not any(map(str.isdigit, found))):
        return False
    import socket  # 3 ms, for few texts

    try:
        socket.inet_pton(socket.AF_INET6, found)
    except (OSError, ValueError):
        return False
    return True
