"""`windvane alerts rules`: the rules that there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from windvane.cli.options import json_option, rules_option

if TYPE_CHECKING:
    from windvane.dashboards.alerts.rule import Rule

__all__ = ["command"]


@click.command("rules")
@rules_option
@json_option
def command(rules: tuple[Path, ...] | None, as_json: bool) -> None:
    """List the rules that are judged: the shipped ones and those of your files; their condition, and where they are.

    \b
    Examples:
      windvane alerts rules
      windvane alerts rules --rules my-rules.toml --json
    """
    import msgspec

    from windvane.cli.alerts.assembly import rule_file
    from windvane.dashboards.alerts.reading import origins, shipped_files
    from windvane.settings import setting

    file, shipped = rule_file(rules or None), set(shipped_files())
    come_from = origins(setting("rules", rules or None))
    found = [
        {
            "name": rule.name, "severity": str(rule.severity), "condition": condition(rule), "for": _for(rule),
            "title": rule.title, "from": "shipped" if come_from[rule.name] in shipped else str(come_from[rule.name]),
        }
        for rule in file.rules
    ]  # fmt: skip
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    columns = ("name", "severity", "condition", "for", "from", "title")
    widths = {name: max(len(name), *(len(row[name]) for row in found)) for name in columns}
    for row in ({name: name for name in columns}, *found):
        click.echo("  ".join(f"{row[name]:{widths[name]}}" for name in columns).rstrip())


def condition(rule: Rule) -> str:
    """Return what a rule fires on, in short."""
    from windvane.dashboards.alerts.wording import written

    if rule.signal:
        return f"{rule.signal} is fired"
    bound, side = (rule.above, ">") if rule.above is not None else (rule.below, "<")
    return f"value {side} {written(bound, rule.unit)}"


def _for(rule: Rule) -> str:
    from windvane.dashboards.alerts.durations import duration

    return duration(rule.for_s)
