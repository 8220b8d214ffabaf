"""What a channel is told, from a notification: a title and plain text for people, facts for programs.

What rules say may hold what somebody typed into a prompt. It is text: it can neither begin a line of its own, nor hide,
nor act where a channel reads more than text (`<!channel>`, `@here`, `<at>`, tags, links of Markdown).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from windvane.dashboards.alerts.change import Change, Notification, State
from windvane.dashboards.alerts.rule import Severity

__all__ = ["Message", "message_of", "plain"]

_IN_FULL: Final = 20
_FACTS: Final = 500
_TITLE_CHARS: Final = 200
_SAYS_CHARS: Final = 500
_LABEL_CHARS: Final = 100
_FACT_CHARS: Final = 2000

# Behind each of these a zero-width space is put: it is seen as before, and is no mention, tag or link any more.
_ACTS: Final = re.compile(r"(?<!\w)@(?=\w)|<(?=[!@#/?\w])|\](?=[(\[])")
# Line breaks and all other control characters, and those that turn the direction of writing.
_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What `channels.send` takes."""

    title: str
    """One line of at most 200 characters."""
    body: str
    """Plain text; its last line is `key`."""
    severity: Severity
    firing: bool
    """False where everything in it is resolved."""
    key: str
    """The same at every attempt: the notification's id; of a part, the rule and the series."""
    facts: Mapping[str, Any]
    """The same for programs, ready for JSON: `id`, `severity`, `state`, `alerts`, and how many `more` there are."""
    parts: tuple[Message, ...] = ()
    """Each alert by itself, for channels that keep one incident per alert; empty in a part."""


def message_of(notification: Notification, page_url: str, todos: Mapping[str, str]) -> Message:
    """Return what to tell: what fires first, then what is resolved; 20 alerts in full, the rest counted.

    `page_url` is what links begin with; `todos` says what to do next, by rule.

    Raises:
        ValueError: there is nothing to tell.
    """
    changes = sorted(notification.changes, key=lambda change: change.state is State.RESOLVED)
    told = [_facts(change, page_url, todos) for change in changes]
    parts = tuple(_message(f"{c.rule}/{c.alert}", [c], [fact]) for c, fact in zip(changes, told, strict=True))
    return _message(notification.id, changes, told, parts)


def plain(text: str, chars: int) -> str:
    r"""Return `text` as one line of at most `chars` characters in which nothing acts.

    >>> plain("see\nhere", 20), plain("much too long", 8)
    ('see here', 'much to…')
    >>> plain("<!channel>", 20) == "<\u200b!channel>"
    True
    """
    # Cut before it is looked at: a whole prompt may stand in it.
    line = _CONTROL.sub(" ", text[: 4 * chars]).strip()
    line = line if len(line) <= chars else line[: chars - 1] + "…"
    return _ACTS.sub(lambda match: match[0] + "\u200b", line)


def _message(key: str, changes: list[Change], told: list[dict[str, Any]], parts: tuple[Message, ...] = ()) -> Message:
    if not changes:
        raise ValueError(f"notification {key} has no changes")
    firing = sum(change.state is not State.RESOLVED for change in changes)
    blocks = [_block(change, fact) for change, fact in zip(changes[:_IN_FULL], told, strict=False)]
    if len(changes) > _IN_FULL:
        blocks.append(f"And {len(changes) - _IN_FULL} more.")
    severity = min((change.severity for change in changes), key=list(Severity).index)
    facts = {
        "id": key,
        "severity": severity.value,
        "state": "firing" if firing else "resolved",
        "alerts": told[:_FACTS],
        "more": max(0, len(told) - _FACTS),
    }
    return Message(
        title=_title(changes, firing, severity), body="\n\n".join([*blocks, f"Notification {key}"]),
        severity=severity, firing=firing > 0, key=key, facts=facts, parts=parts,
    )  # fmt: skip


def _title(changes: list[Change], firing: int, severity: Severity) -> str:
    """Return such as `[critical] 2 alerts: shop: 12 % of calls fail`."""
    resolved = len(changes) - firing
    counted = [f"{number} {word}" for number, word in ((firing, _alerts(firing)), (resolved, "resolved")) if number]
    if not firing:
        counted = [f"{resolved} {_alerts(resolved)}"]
    head = f"[{severity.value if firing else 'resolved'}] "
    head += f"{', '.join(counted)}: " if len(changes) > 1 else ""
    # Zero-width spaces count: some channels refuse a longer title.
    return (head + plain(changes[0].says or changes[0].rule, _TITLE_CHARS - len(head)))[:_TITLE_CHARS]


def _alerts(number: int) -> str:
    return "alert" if number == 1 else "alerts"


def _block(change: Change, fact: Mapping[str, Any]) -> str:
    value = "" if fact["value"] is None else f", value {fact['value']:.6g}"
    labels = ", ".join(f"{plain(k, _LABEL_CHARS)}: {plain(v, _LABEL_CHARS)}" for k, v in change.labels.items())
    lines = [
        f"{change.state.value.replace('_', ' ').upper()} {change.rule}: {plain(change.says, _SAYS_CHARS)}",
        f"Since {_utc(change.since)} UTC{value}",
        labels,
        # What is over needs nothing done.
        fact["todo"] and change.state is not State.RESOLVED and f"What to do: {fact['todo']}",
        fact["link"],
    ]
    return "\n".join(line for line in lines if line)


def _facts(change: Change, page_url: str, todos: Mapping[str, str]) -> dict[str, Any]:
    # Quoted, so that it ends where it ends, and is no tag, whatever it is made of.
    link = page_url.rstrip("/") + quote(change.link, safe="/?&=%+:;,.~#-_") if change.link else ""
    return {
        "rule": change.rule,
        "alert": change.alert,
        "state": change.state.value,
        "severity": change.severity.value,
        "labels": {name: value[:_FACT_CHARS] for name, value in change.labels.items()},
        # JSON has no word for infinity.
        "value": change.value if change.value is not None and math.isfinite(change.value) else None,
        "since": f"{_utc(change.since)}Z".replace(" ", "T"),
        "time": f"{_utc(change.time)}Z".replace(" ", "T"),
        "says": change.says[:_FACT_CHARS],
        "todo": todos.get(change.rule, ""),
        "link": link,
    }


def _utc(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
