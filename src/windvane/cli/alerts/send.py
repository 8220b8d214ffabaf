"""`windvane alerts send`: does a channel work?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from windvane.cli.alerts.assembly import rule_file
from windvane.cli.options import rules_option
from windvane.dashboards.alerts.change import Change, Notification, State
from windvane.dashboards.alerts.channels import send
from windvane.dashboards.alerts.message import message_of
from windvane.dashboards.alerts.rule import Channel, Severity
from windvane.errors import ConfigError
from windvane.settings import setting

__all__ = ["command"]


@click.command("send")
@click.argument("channel", required=False)
@rules_option
@click.option("--url", help="Send to this URL, in Apprise's form, instead of to a channel of the file.")
def command(channel: str | None, rules: tuple[Path, ...] | None, url: str | None) -> None:
    """Send a test message to CHANNEL, as the rules file has it, and say whether it was taken.

    The message is an alert of severity info that is resolved already: it opens no incident. Exit code 1, and the
    reason, if the channel did not take it.

    \b
    Examples:
      windvane alerts send chat --rules rules.toml
      windvane alerts send --url jsons://hooks.shop.example/alerts
    """
    found = Channel(name=channel or "of --url", url=url) if url else _channel(channel, rules)
    page_url = setting("page_url") or ""
    send(found, message_of(_test(found.name, "/" if page_url else "", datetime.now(UTC)), page_url, {}))
    click.echo(f"channel {found.name} took the message")


def _channel(name: str | None, rules: tuple[Path, ...] | None) -> Channel:
    channels = {channel.name: channel for channel in rule_file(rules).channels}
    there = f"the rules files have {', '.join(channels)}" if channels else "the rules files have none"
    if name is None:
        raise ConfigError(f"which channel? {there}. Or give --url")
    if name not in channels:
        raise ConfigError(f"there is no channel {name}: {there}. Give the file that has it: --rules")
    return channels[name]


def _test(channel: str, link: str, at: datetime) -> Notification:
    told = Change(
        time=at, rule="test", alert="test", labels={"channel": channel}, severity=Severity.INFO, state=State.RESOLVED,
        value=1.0, since=at, says="This is a test of windvane: nothing is wrong.", link=link,
    )  # fmt: skip
    return Notification(id=f"test-{at:%Y%m%dT%H%M%S%f}", channel=channel, changes=(told,))
