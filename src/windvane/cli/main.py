"""`windvane`: the list of commands. Each is imported when it is called: `windvane --help` stays quick."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from windvane.cli.stopping import Stopped, raise_when_asked
from windvane.errors import WindvaneError
from windvane.settings import spare_the_cores

if TYPE_CHECKING:
    import click

__all__ = ["main"]

_COMMANDS: Final = {
    "up": "Run the whole pipeline in this process: intake, log, scoring, store, boards.",
    "demo": "Run `up` and play a simulated day with incidents into it.",
    "run": "Run a Python app so that its calls are told, its code untouched.",
    "replay": "Send a file of calls, CSV or JSON, to any endpoint.",
    "score": "Score a file of calls, without log or store; JSON lines out.",
    "worker": "Run one Faust worker of a cluster: Kafka in, ClickHouse out.",
    "gateway": "Run the HTTP intake alone, in front of Kafka.",
    "topics": "Create the topics on Kafka, with stated settings.",
    "migrate": "Bring the store's schema to this version, or to another.",
    "sql": "Ask the store.",
    "alerts": "See what fires and who was told; silence it; check and test rules of your own.",
    "grafana": "Put the boards and the rules into Grafana, or write them as provisioning files.",
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

        Start with `windvane demo`, then point your app at `windvane up`. Each command's --help shows how it is called.

        \b
        Examples:
          windvane demo
          windvane up
          windvane sql "SELECT * FROM open_signals"
        """

    return windvane_group


def main() -> None:
    """Run the command line and end the process.

    Exit codes: 0, or what the command says in its help; 1 for an error of ours, told in one line on stderr; 2 for a
    command line that cannot be read; 128 and the signal's number when stopped by one.
    """
    raise_when_asked()
    spare_the_cores()
    # clickhouse-connect tells its errors twice: to us, and to a log that has no reader.
    logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
    try:
        sys.exit(_run())
    except (Stopped, WindvaneError, OSError) as error:
        _tell(error)


def _run() -> int:
    try:
        import click
    except ImportError:
        sys.exit("windvane: the command line is not in the SDK-only install. Run: pip install 'windvane[local]'")
    try:
        return int(_group().main(prog_name="windvane", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ImportError as error:
        if not error.name or error.name.startswith("windvane"):
            raise
        sys.exit(f"windvane: {error.name} is not installed. Run: pip install 'windvane[local]' (or [cluster])")


def _tell(error: BaseException) -> NoReturn:
    if isinstance(error, Stopped):
        print("windvane: stopped" + (error.told and f"; {error.told}"), file=sys.stderr, flush=True)
        # At once: what still runs in threads is not waited for.
        os._exit(128 + error.number)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"windvane: {where}{error.strerror or error}")
    sys.exit(f"windvane: {error}")
