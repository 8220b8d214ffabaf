"""`windvane`: the list of commands. Each is imported when it is called: `windvane --help` stays quick."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Final

from windvane.errors import WindvaneError

if TYPE_CHECKING:
    import click

__all__ = ["main"]

_COMMANDS: Final = {
    "up": "Run the whole pipeline in this process: intake, log, scoring, store, health page.",
    "demo": "Run `up` and play a simulated day with incidents into it.",
    "replay": "Send a CSV or JSON-lines file of calls to any endpoint.",
    "score": "Score a file of calls, without log or store: JSON lines in, JSON lines out.",
    "worker": "Run one Faust worker of a cluster: Kafka in, ClickHouse out.",
    "gateway": "Run the HTTP intake alone, in front of Kafka.",
    "topics": "Create the topics on Kafka, with stated settings.",
    "migrate": "Bring the store's schema to this version, or to another.",
    "sql": "Ask the store.",
    "ledger": "Show what became of every event, by sender.",
    "doctor": "Look at broker, store, versions, clock and disk; say what to do about each finding.",
}


def _group() -> click.Group:
    import click

    import windvane

    class Commands(click.Group):
        """Imports a command when it is asked for."""

        def list_commands(self, ctx: click.Context) -> list[str]:
            return list(_COMMANDS)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            if cmd_name not in _COMMANDS:
                return None
            module = importlib.import_module(f"windvane.cli.{cmd_name}")
            command: click.Command = module.command
            command.short_help = _COMMANDS[cmd_name]
            return command

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            with formatter.section("Commands"):
                formatter.write_dl(list(_COMMANDS.items()))

    @click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
    @click.version_option(windvane.__version__)
    def windvane_group() -> None:
        """Streaming observability for AI workloads: every call scored, nothing lost, nothing counted twice.

        Start with `windvane demo`, then point your app at `windvane up`.
        """

    return windvane_group


def main() -> None:
    """Run the command line. An error of ours is one line on stderr and exit code 1."""
    try:
        group = _group()
    except ImportError:
        sys.exit("The command line is not in the SDK-only install. Run: pip install 'windvane[local]'")
    try:
        group(prog_name="windvane")
    except WindvaneError as error:
        sys.exit(f"windvane: {error}")
    except ImportError as error:
        sys.exit(f"windvane: {error.name} is not installed. Run: pip install 'windvane[local]' (or [cluster])")
