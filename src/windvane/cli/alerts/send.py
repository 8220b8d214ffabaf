"""`windvane alerts send`: a test to a channel."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from windvane.cli.alerts.options import rules_option
from windvane.dashboards.alerts.rule import Severity
from windvane.errors import ConfigError

__all__ = ["command"]


@click.command("send")
@click.option("--channel", required=True, help="The channel's name in the file.")
@rules_option
def command(channel: str, rules: tuple[Path, ...]) -> None:
    """Send a test message to a channel, now and once. Exit code 1, and why, if the service does not take it.

    \b
    Example:
      windvane alerts send --channel oncall --rules alerts.toml
    """
    from windvane.cli.alerts.assembly import load_rules
    from windvane.dashboards.alerts.channels import AppriseChannel
    from windvane.dashboards.alerts.message import Message

    known = {found.name: found for found in load_rules(rules).channels}
    if channel not in known:
        raise ConfigError(
            f"there is no channel {channel!r}: there are {', '.join(known)}. Give the file that has it: --rules"
            if known else "no file has a [[channel]]. Give the file that has one: --rules"
        )  # fmt: skip
    body = "This is a test from windvane alerts send. Nothing is wrong."
    message = Message("[TEST] windvane can reach this channel", body, Severity.INFO, False, "windvane/test")
    if why := AppriseChannel(known[channel]).send(message):
        click.echo(f"channel {channel} did not take it: {why}", err=True)
        sys.exit(1)
    click.echo(f"channel {channel} took it; look there whether it has come")
