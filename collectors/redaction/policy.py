"""What is to be done with what is found, as one small value: from the settings, or made by the app."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from windvane.collectors.event import COLUMNS
from windvane.collectors.redaction.kinds import Kind
from windvane.errors import ConfigError
from windvane.settings import setting

__all__ = ["Bodies", "Policy", "Way"]


class Way(StrEnum):
    """What becomes of what is found."""

    MASK = "mask"
    """`[EMAIL]`"""
    HASH = "hash"
    """`[EMAIL:3f9a2c71d04e]`: keyed. Equal addresses are equal words; who has no key can try none against them."""
    DROP = "drop"
    """Nothing is left of it."""
    OFF = "off"
    """It stays as it is."""


class Bodies(StrEnum):
    """What is sent of prompts, answers, system prompts and documents."""

    FULL = "full"
    """As they are, up to the size cap."""
    REDACTED = "redacted"
    HASH = "hash"
    """A keyed hash of each text: equal texts stay equal. No embedding: a text can be guessed from it."""
    NONE = "none"
    """Nothing: no text, no log-probability, no embedding."""


_FIELDS: Final = {name: column.name for column in COLUMNS for name in (column.name, column.attribute, *column.aliases)}
_OWN_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_JOINED: Final = {"user_id": Way.HASH, "gen_ai_conversation_id": Way.HASH}


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. The defaults mask secrets and personal data in every column of free text, and keep users joinable.

    A user's id or a conversation's that holds an address or a number is hashed rather than masked: per user and per
    session figures stay right.

    >>> policy = Policy.read("mask; email=hash; ip=off; tags=drop")
    >>> policy.way_of("email", "prompt"), policy.way_of("email", "tags"), policy.way_of("ip", "tags")
    (<Way.HASH: 'hash'>, <Way.DROP: 'drop'>, <Way.OFF: 'off'>)
    """

    way: Way = Way.MASK
    kinds: Mapping[str, Way] = field(default_factory=dict)
    """Of single kinds, the user's own too: comes before `way`."""
    fields: Mapping[str, Way] = field(default_factory=lambda: dict(_JOINED))
    """Of single columns: comes before `kinds`, but a kind that is off is off everywhere."""
    allow: tuple[str, ...] = ()
    """What is never masked: whole finds, without regard to case; `*` stands for any characters."""
    patterns: Mapping[str, str] = field(default_factory=dict)
    """The user's own kinds: a name in lower case, and a regular expression of Python's `re`."""
    key: bytes = b""
    """Of hashes. Empty: one is made and kept beside the spool, for this machine alone."""
    bodies: Bodies = Bodies.REDACTED
    services: Mapping[str, Bodies] = field(default_factory=dict)
    """Of single services: comes before `bodies`."""
    body_chars: int = 65_536
    """The most characters of one text; what is beyond is cut, and a mark says how much. Texts of JSON end there too."""

    def __post_init__(self) -> None:
        for name, pattern in self.patterns.items():
            if not _OWN_NAME.fullmatch(name) or name in list(Kind):
                raise ConfigError(
                    f"redaction pattern {name!r}: a name is lower case, as employee_id, and no kind's own"
                )
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigError(
                    f"redaction pattern {name}: {error}. Give a regular expression of Python's re"
                ) from error
        known = {*Kind, *self.patterns}
        if strange := [name for name in self.kinds if name not in known]:
            raise ConfigError(f"redaction knows no kind {strange[0]!r}; docs/reference/redaction.md lists them")
        if self.body_chars < 1:
            raise ConfigError(f"body_chars is {self.body_chars}; it is 1 or more")

    def way_of(self, kind: str, column: str) -> Way:
        """Return what becomes of a find of `kind` in `column`."""
        of_kind = self.kinds.get(kind, self.way)
        if of_kind is Way.OFF or self.way is Way.OFF and kind not in self.kinds:
            return Way.OFF
        return self.fields.get(column, of_kind)

    def bodies_of(self, service: str | None) -> Bodies:
        """Return what is sent of a service's bodies."""
        return self.services.get(service or "", self.bodies)

    @classmethod
    def read(cls, text: str) -> Policy:
        """Return the policy that `text` says: a way, then exceptions by kind or by column, separated by `;`.

        Raises:
            ConfigError: a way, kind or column of that name is not known.
        """
        return cls()._with_ways(text)

    @classmethod
    def from_settings(cls, given: Policy | str | None = None) -> Policy:
        """Return `given` if it is a policy, else what the settings say, with the ways of `given` where it is text.

        Raises:
            ConfigError: a setting cannot be read.
        """
        if isinstance(given, Policy):
            return given
        bodies, services = _by_service(setting("bodies"))
        own = dict(_pair(part, "redaction_patterns", "name=expression") for part in setting("redaction_patterns"))
        policy = cls(
            allow=setting("redaction_allow"),
            patterns=own,
            key=(setting("redaction_key") or "").encode(),
            bodies=bodies,
            services=services,
            body_chars=setting("body_chars"),
        )
        return policy._with_ways(setting("redaction", given))

    def _with_ways(self, text: str) -> Policy:
        way, kinds, fields = self.way, dict(self.kinds), dict(self.fields)
        for part in filter(None, map(str.strip, text.split(";"))):
            if "=" not in part:
                way = _way(part)
                continue
            name, said = _pair(part, "redaction", "kind=way or column=way")
            if name in list(Kind) or name in self.patterns:
                kinds[name] = _way(said)
            elif name in _FIELDS:
                fields[_FIELDS[name]] = _way(said)
            else:
                raise ConfigError(
                    f"redaction: {name!r} is no kind and no column; docs/reference/redaction.md lists the kinds"
                )
        if way is Way.OFF:
            fields = {name: each for name, each in fields.items() if name not in _JOINED or each is not Way.HASH}
        return replace(self, way=way, kinds=kinds, fields=fields)


def _way(text: str) -> Way:
    try:
        return Way({"on": "mask", "1": "mask", "0": "off"}.get(text.lower(), text.lower()))
    except ValueError as error:
        raise ConfigError(f"redaction: {text!r} is no way; it is one of {', '.join(Way)}") from error


def _pair(part: str, name: str, form: str) -> tuple[str, str]:
    left, sign, right = part.partition("=")
    if not sign:
        raise ConfigError(f"{name}: {part!r} is not {form}")
    return left.strip(), right.strip()


def _by_service(parts: tuple[str, ...]) -> tuple[Bodies, dict[str, Bodies]]:
    whole, services = Bodies.REDACTED, {}
    for part in parts:
        service, sign, said = part.rpartition("=")
        try:
            if sign:
                services[service.strip()] = Bodies(said.strip().lower())
            else:
                whole = Bodies(said.strip().lower())
        except ValueError as error:
            raise ConfigError(f"bodies: {said!r} is none of {', '.join(Bodies)}") from error
    return whole, services
