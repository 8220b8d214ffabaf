"""`windvane alerts`: rules, alerts, silences, channels. Each subcommand is imported when it is called."""

from __future__ import annotations

import importlib
from typing import Final

import click

__all__ = ["command"]

_COMMANDS: Final = {
    "list": "Show which alerts are open, which silences stand, and what could not be delivered.",
    "silence": "Tell nobody of some alerts for a while, or end that.",
    "send": "Send a test to a channel.",
    "check": "Read rule files, and say what is wrong in which line.",
    "test": "Run the unit tests of rules: series in, alerts and silence expected.",
    "run": "Evaluate the rules beside a ClickHouse server: for a cluster.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"windvane.cli.alerts.{cmd_name}").command
        command.short_help = _COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group("alerts", cls=_Commands)
def command() -> None:
    """Look at alerts, silence them, try channels and rules out. `windvane up` evaluates the rules by itself.

    \b
    Examples:
      windvane alerts list
      windvane alerts silence add --rule provider-outage --for 2h --comment "they know"
    """
