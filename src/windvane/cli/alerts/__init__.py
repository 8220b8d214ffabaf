"""`windvane alerts`: rules, what they say, and who is told."""

from __future__ import annotations

import importlib
from typing import Final

import click

__all__ = ["command"]

_COMMANDS: Final = {
    "list": "What fires and is pending now, and who was told.",
    "rules": "The rules there are: ours and those of your file.",
    "check": "Check files of rules; each fault with its line.",
    "test": "Run the tests in files of rules: series in, alerts and silence expected.",
    "silence": "Tell nobody of some alerts, until a time; or end that.",
    "send": "Send a test message to a channel.",
    "run": "Judge rules over a server's store, in a process of its own (`windvane up` does it by itself).",
}


class _Commands(click.Group):
    """Imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        found.short_help = _COMMANDS[cmd_name]
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group("alerts", cls=_Commands)
def command() -> None:
    """See what fires, silence it, and write rules of your own.

    \b
    Examples:
      windvane alerts list
      windvane alerts check my-rules.toml && windvane alerts test my-rules.toml
      windvane alerts silence --rule error-budget-burn --label service=shop --for 2h --comment "known, being fixed"
    """
