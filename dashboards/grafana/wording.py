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
    Unit.PER_SECOND: "{{ humanize .Values.A.Value }}/s",
    Unit.BYTES: "{{ humanize1024 .Values.A.Value }}B",
    Unit.TOKENS_PER_SECOND: "{{ humanize .Values.A.Value }} tokens/s",
}
_PLAIN: Final = "{{ humanize .Values.A.Value }}"
_WITHOUT: Final = "There is no value: no row, or the store could not be asked."


def description(rule: Rule) -> str:
    """Return the template of what an alert says: the rule's message where its labels and its value are enough for it,
    else the title, with these.

    >>> from windvane.dashboards.board import Link
    >>> about = {"name": "fails", "title": "Calls fail", "sql": "", "link": Link("windvane-overview"), "todo": ""}
    >>> more = {"labels": ("service",), "unit": Unit.SHARE}
    >>> print(_message(Rule(**about, **more, message="{service} fails: {value}")))
    {{ .Labels.service }} fails: {{ humanizePercentage .Values.A.Value }}
    >>> print(_message(Rule(**about, **more, message="{service}: {errors} calls failed")))
    Calls fail: {{ humanizePercentage .Values.A.Value }}, service {{ .Labels.service }}
    """
    return f"{{{{ if .Values.A }}}}{_message(rule)}{{{{ else }}}}{_WITHOUT}{{{{ end }}}}"


def _message(rule: Rule) -> str:
    if {match[1] for match in _PLACE.finditer(rule.message)} <= {"value", *rule.labels}:
        text = rule.message
    else:
        text = f"{rule.title}: {{value}}" + "".join(f", {label} {{{label}}}" for label in rule.labels)
    # What stands between the places is text, whatever it looks like.
    between = [part.replace("{{", '{{ "{{" }}') for part in _PLACE.split(text)[::2]]
    filled = [_filled(rule, match[1]) for match in _PLACE.finditer(text)]
    return "".join(word for pair in zip(between, [*filled, ""], strict=True) for word in pair)


def _filled(rule: Rule, name: str) -> str:
    return _VALUE.get(rule.unit, _PLAIN) if name == "value" else f"{{{{ .Labels.{name} }}}}"
