"""`windvane alerts check`: files of rules, read and tried on an empty store."""

from __future__ import annotations

import sys
from pathlib import Path

import click

__all__ = ["command"]


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def command(files: tuple[Path, ...]) -> None:
    """Check FILES of rules (default: the shipped ones): a line for each fault, with where it is and what to write.

    Names, lengths of time and conditions are looked at first, then each rule's SQL is run on a store that is empty: its
    views, columns and types. Exit code 1 if there is a fault. What a rule says when is for `windvane alerts test`.

    \b
    Examples:
      windvane alerts check my-rules.toml
      windvane alerts check my-rules.toml && windvane alerts test my-rules.toml
    """
    from windvane.cli.alerts.columns_checked import column_faults
    from windvane.cli.alerts.throwaway import throwaway
    from windvane.cli.alerts.trial_table import trials_of
    from windvane.dashboards.alerts.cells import Faults
    from windvane.dashboards.alerts.located import located
    from windvane.dashboards.alerts.reading import load, shipped_files
    from windvane.errors import ConfigError
    from windvane.stream.signals import Signal

    read = files or tuple(shipped_files())
    try:
        file = load(files, list(Signal))
        rules = {rule.name: rule for rule in file.rules}
        tests = trials_of(read, rules)
        faults = Faults()
        own = located(read, faults)
        with throwaway() as (_, reader):
            for name, cells in own.items():
                for fault in column_faults(rules[name], reader):
                    cells.fault(*fault)
        if faults.lines:
            raise ConfigError(faults.told())
    except ConfigError as error:
        lines = str(error).splitlines()
        click.echo("\n".join([*lines, f"{len(lines)} faults" if len(lines) > 1 else "1 fault"]))
        sys.exit(1)
    counts = {
        "rules": own,
        "channels": file.channels,
        "budgets": file.budgets,
        "windows": file.maintenance,
        "tests": tests,
    }
    found = ", ".join(f"{len(what)} {name if len(what) > 1 else name[:-1]}" for name, what in counts.items() if what)
    click.echo(f"{found or 'an empty file'}: nothing is wrong")
