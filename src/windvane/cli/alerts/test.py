"""`windvane alerts test`: files of rules, tested."""

from __future__ import annotations

import sys
from pathlib import Path

import click

__all__ = ["command"]


@click.command("test")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--only", metavar="TEXT", help="Run those whose rule or name holds this.")
def command(files: tuple[Path, ...], only: str | None) -> None:
    """Run the [[test]]s in FILES (default: those of the shipped rules).

    A test says what comes in and when, and which alerts fire at which moments, by their labels; or that none does. It
    runs over a real store, in a directory that is gone afterwards, through what judges the rules otherwise. Times are
    from the test's begin, noon of a Wednesday. Exit code 1 if one fails.

    \b
    A test of the shipped rule injection-burst:
      [[test]]
      name = "five in ten minutes"
      rule = "injection-burst"
      calls = [
          {from = "-2h", to = "30m", every = "20s", service = "shop", signals = {injection = 0.1}},
          {from = "1m", to = "6m", every = "1m", service = "shop", user = "u-7", signals = {injection = 0.9}},
      ]
      expect = [{at = "3m", firing = []}, {at = "7m", firing = [{service = "shop"}]}]

    \b
    What may come in, and what may be expected:
      calls    events from (included) to (not), one each `every`; fields as in docs/reference/events.md, and what
               signals say of them: signals = {groundedness = 0.2}, notes = {sensitive_kinds = "…"}
      changes  of series signals: {at = "5m", signal = "error_shift", state = "fired", service = "shop", says = "…"}
      budgets  [{scope = "team", name = "*", period = "month", usd = 5.0}]
      rows     of tables: rows.dead_letters = [{at = "1m", reason = "oversize"}]
      step     how far apart the rounds are: "1m"
      expect   at each moment all alerts that fire, with all labels that are not empty; or silent = true

    \b
    Examples:
      windvane alerts test
      windvane alerts test my-rules.toml --only checkout
    """
    from windvane.cli.alerts.throwaway import throwaway
    from windvane.cli.alerts.trial import run
    from windvane.cli.alerts.trial_table import trials_of
    from windvane.dashboards.alerts.reading import load, shipped_files
    from windvane.stream.signals import Signal

    rules = {rule.name: rule for rule in load(files, list(Signal)).rules}
    trials = [one for one in trials_of(files or shipped_files(), rules) if not only or only in f"{one.rule} {one.name}"]
    failed = 0
    with throwaway() as (store, reader):
        for trial in trials:
            for line in (wrong := run(trial, rules[trial.rule], store, reader)):
                click.echo(f"{trial.path}:{trial.line}: {trial.rule}, {trial.name}: {line}")
            failed += bool(wrong)
    click.echo(f"{len(trials) - failed} of {len(trials)} tests passed")
    sys.exit(1 if failed else 0)
