"""A rule's sentence as a template that Grafana fills in.

A rule in Grafana knows its series' labels and its value, no other column: one more would make the series another one
in every round. Templates are written with the leading dot, `{{ .Labels.service }}`: in provisioning files a `$` would
be taken for a variable of the environment, in some versions.
"""

from __future__ import annotations

import re
from typing import Final

from windvane.dashboards.alerts.rule import Rule
from windvane.dashboards.board import Unit

__all__ = ["description"]

_PLACE: Final = re.compile(r"\{(\w+)\}")
_VALUE: Final = {
    Unit.SHARE: "{{ humanizePercentage .Values.A.Value }}",
    Unit.SECONDS: "{{ humanizeDuration .Values.A.Value }}",
    Unit.USD: '{{ printf "%.2f" .Values.A.Value }} USD',
    Unit.SCORE: '{{ printf "%.3g" .Values.A.Value }}',
    Unit.PER_SECOND: "{{ humanize .Values.A.Value }}/s",
    Unit.BYTES: "{{ humanize1024 .Values.A.Value }}B",
    Unit.TOKENS_PER_SECOND: "{{ humanize .Values.A.Value }} tokens/s",
}
_PLAIN: Final = "{{ humanize .Values.A.Value }}"
_WITHOUT: Final = "There is nothing to judge: no row, or the store could not be asked."


def description(rule: Rule) -> str:
    """Return the template of what an alert says: the rule's message where its labels and its value are enough for it,
    else the title, with these.

    >>> from windvane.dashboards.board import Link
    >>> about = {"name": "fails", "title": "Calls fail", "sql": "", "link": Link("windvane-overview"), "todo": ""}
    >>> more = {"labels": ("service",), "unit": Unit.SHARE}
    >>> print(_message(Rule(**about, **more, message="{service} fails: {value}")))
    {{ .Labels.service }} fails: {{ humanizePercentage .Values.A.Value }}
    >>> print(_message(Rule(**about, **more, message="{service}: {errors} calls failed, {value}")))
    Calls fail: {{ humanizePercentage .Values.A.Value }}{{ with .Labels.service }}, service {{ . }}{{ end }}
    """
    return f"{{{{ if .Values.A }}}}{_message(rule)}{{{{ else }}}}{_WITHOUT}{{{{ end }}}}"


def _message(rule: Rule) -> str:
    asked = {match[1] for match in _PLACE.finditer(rule.message)}
    if not asked <= {"value", *rule.labels}:
        value = f": {_value(rule)}" if "value" in asked else ""
        return _text(rule.title) + value + "".join(_told(label) for label in rule.labels)
    between = [_text(part) for part in _PLACE.split(rule.message)[::2]]
    filled = [_value(rule) if match[1] == "value" else f"{{{{ .Labels.{match[1]} }}}}"
              for match in _PLACE.finditer(rule.message)]  # fmt: skip
    return "".join(word for pair in zip(between, [*filled, ""], strict=True) for word in pair)


def _told(label: str) -> str:
    """A label with its name, where it says something."""
    return f"{{{{ with .Labels.{label} }}}}, {label.replace('_', ' ')} {{{{ . }}}}{{{{ end }}}}"


def _value(rule: Rule) -> str:
    return _VALUE.get(rule.unit, _PLAIN)


def _text(words: str) -> str:
    """Words, whatever they look like."""
    return words.replace("{{", '{{ "{{" }}')
