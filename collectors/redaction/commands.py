"""Finds passwords where no sign gives them to a name: in commands, XML, SQL, and files of logins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.values import is_password, is_strong

__all__ = ["commands"]


_VALUE: Final = r"""(?P<password>[^\s"'`$<>{}\[][^\s"'`<>]{3,200})"""


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Forms, each with what stands in every such text. They begin with a sign or a word: so they are found fast."""
    names = "pass(?:word|wd|phrase)?|pwd|secret|(?:api|client|access|secret|shared)[-_]?(?:key|secret|token)|token"
    option = r"""-(?<![^\s"'(]-)-?(?:[a-z]{1,12}-?){0,2}pass(?:word|wd|phrase)?"""
    return (
        ("login ", re.compile(rf"login[ ]{{1,4}}\S{{1,80}}\s{{1,4}}password\s{{1,4}}{_VALUE}")),
        ("machine ", re.compile(rf"machine[ ]{{1,4}}\S{{1,80}}\s{{1,4}}password\s{{1,4}}{_VALUE}")),
        ("-u", re.compile(rf"""-u(?:ser)?[ =]{{0,2}}["']?[^\s:"'$<{{]{{1,80}}:{_VALUE}""")),
        ("</", re.compile(rf">{_VALUE}</(?:[A-Za-z0-9]{{1,20}}[:_.-]?){{0,2}}(?i:{names})>")),
        ("pass", re.compile(rf"""{option}[ =]["']?{_VALUE}""")),
        ("requirepass ", re.compile(rf"""requirepass[ ]["']?{_VALUE}""")),
        (
            "chpasswd",
            re.compile(rf"""echo[ ]["']?[a-z_][a-z0-9_-]{{0,31}}:{_VALUE}["']?[ ]?\|[ ]?(?:sudo )?chpasswd"""),
        ),
        ("dentified by", re.compile(rf"""dentified by[ ]["']{_VALUE}""")),
        ("DENTIFIED BY", re.compile(rf"""DENTIFIED BY[ ]["']{_VALUE}""")),
    )


@cache
def _short_option() -> re.Pattern[str]:
    return re.compile(rf"""-[apw](?<=[\s"']-.)[ ]?["']?{_VALUE}""")


@cache
def _tool() -> re.Pattern[str]:
    """Programs whose options these are."""
    return re.compile(
        r"\b(?:mysql|mariadb|sshpass|docker login|podman login|az login|mongo|ldap|redis-cli|rabbitmqadmin)"
    )


@cache
def _pgpass() -> re.Pattern[str]:
    return re.compile(rf":(?:[0-9]{{4,5}}|\*):[\w*-]{{1,40}}:[\w*-]{{1,40}}:{_VALUE}")


@cache
def _between_quotes() -> re.Pattern[str]:
    return re.compile(f"'{_VALUE}'")


@cache
def _insert() -> re.Pattern[str]:
    return re.compile(r"(?i)\bpass(?:word|wd|wort)?\b[^()]{0,200}\)\s{0,4}values\s{0,4}\((?P<values>[^()]{0,400}+)")


def commands(text: str) -> Iterator[Find]:
    """Return passwords that stand where a command, an element or a line of a file has them."""
    found = [each for has, form in _forms() if has in text for each in form.finditer(text) if _may_be(each)]
    if " -" in text:
        found += (each for each in _short_option().finditer(text) if _is_strong(each) or _is_tools(text, each))
    if "alues" in text or "ALUES" in text:
        for row in _insert().finditer(text):
            # Which of them it is, the order of the columns would say.
            found += filter(_is_strong, _between_quotes().finditer(text, *row.span("values")))
    found += filter(_is_strong, _pgpass().finditer(text))
    return (Find(*each.span("password"), Kind.PASSWORD) for each in found)


def _may_be(found: re.Match[str]) -> bool:
    return is_password(found["password"].rstrip(",;.)"), loose=False, assigned=True)


def _is_strong(found: re.Match[str]) -> bool:
    return is_strong(found["password"])


def _is_tools(text: str, found: re.Match[str]) -> bool:
    """Whether it is an option of a program whose password it gives."""
    line = text.rfind("\n", max(0, found.start() - 160), found.start()) + 1
    return _may_be(found) and _tool().search(text, max(line, found.start() - 160), found.start()) is not None
