"""`windvane grafana`: boards, rules and contact points into Grafana."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

import click

from windvane.cli.options import rules_option, setting_option
from windvane.dashboards.alerts.rule import RuleFile
from windvane.dashboards.grafana.contact import contacts
from windvane.dashboards.grafana.datasource import ClickHouse
from windvane.dashboards.grafana.names import FOLDER
from windvane.errors import ConfigError
from windvane.settings import setting

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])

_READER: Final = "windvane_reader"


@click.group("grafana")
def command() -> None:
    """Put the boards and the rules into Grafana: push them over its API, or write them as provisioning files.

    Keep to one way: what came from files cannot be pushed over, nor the other way round. See docs/grafana.md.

    \b
    Examples:
      windvane grafana push --url http://127.0.0.1:3000 --dry-run
      windvane grafana write /etc/grafana/provisioning
    """


def _source_options(function: F) -> F:
    clickhouse = click.option(
        "--clickhouse", metavar="URL",
        help="ClickHouse as Grafana sees it: http(s)://user@host:port. Default: WINDVANE_STORE's server, as"
        f" {_READER}. The password: WINDVANE_READER_PASSWORD.",
    )  # fmt: skip
    existing = click.option("--datasource", metavar="UID", help="Write no data source: use this one.")
    return clickhouse(existing(function))


@command.command("push", short_help="Write what differs over Grafana's API.")
@setting_option("--url", "grafana_url")
@setting_option("--token", "grafana_token")
@click.option("--folder", default=FOLDER, show_default=True, metavar="UID", help="The folder; made if need be.")
@_source_options
@rules_option
@click.option("--dry-run", is_flag=True, help="Say what would change, as a unified diff, and change nothing.")
def push(
    grafana_url: str | None,
    grafana_token: str | None,
    folder: str,
    clickhouse: str | None,
    datasource: str | None,
    rules: tuple[Path, ...] | None,
    dry_run: bool,
) -> None:
    """Write data source, folder, boards, contact points and rules over Grafana's API: only what differs.

    Nothing of yours is overwritten: where something else has a uid of ours, the command says so and writes nothing at
    all. The token is that of a service account with the role Admin. WINDVANE_GRAFANA_TOKEN keeps it from the list of
    processes.

    \b
    Examples:
      windvane grafana push --dry-run
      windvane grafana push --rules rules.toml --clickhouse http://windvane_reader@clickhouse:8123
    """
    from windvane.cli.alerts.assembly import rule_file
    from windvane.dashboards.grafana.api import Grafana
    from windvane.dashboards.grafana.push.plan import plan

    token = setting("grafana_token", grafana_token)
    if not token:
        raise ConfigError("there is no token for Grafana; make a service account with the role Admin, and set"
                          " WINDVANE_GRAFANA_TOKEN to a token of it")  # fmt: skip
    grafana = Grafana(setting("grafana_url", grafana_url), token)
    file = rule_file(rules)
    steps = plan(grafana, folder, _source(clickhouse, datasource), file)
    _tell_left_out(file)
    for step in steps:
        if dry_run:
            click.echo(step.diff, nl=False)
        else:
            step.write(grafana)
            click.echo(f"written: {step.name}")
    said = f"{len(steps)} to be written" if dry_run else f"{len(steps)} written"
    click.echo(said if steps else "everything is as it should be", err=dry_run)


@command.command("write", short_help="Write provisioning files.")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--at", default="/etc/grafana/provisioning", show_default=True, metavar="PATH", help="Where Grafana will see DIR."
)
@_source_options
@rules_option
def write(
    directory: Path,
    at: str,
    clickhouse: str | None,
    datasource: str | None,
    rules: tuple[Path, ...] | None,
) -> None:
    """Write DIR/datasources, DIR/dashboards and DIR/alerting: mount DIR as Grafana's provisioning directory.

    The data source's password is read by Grafana from WINDVANE_READER_PASSWORD in its own environment. Contact points
    hold the secrets of your channels: keep DIR to yourself. Grafana reads rules when it starts.

    \b
    Example:
      windvane grafana write grafana/provisioning --clickhouse http://windvane_reader@clickhouse:8123
    """
    from windvane.cli.alerts.assembly import rule_file
    from windvane.dashboards.grafana.files import write as write_files

    file = rule_file(rules)
    written = write_files(directory, at, _source(clickhouse, datasource), file)
    _tell_left_out(file)
    click.echo(f"{len(written)} files written to {directory}, for {len(file.rules)} rules")


def _source(clickhouse: str | None, datasource: str | None) -> ClickHouse | str:
    if datasource:
        return datasource
    url = clickhouse or setting("store") or ""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("Grafana asks a ClickHouse server, which is not named; give --clickhouse http://user@host:8123,"
                          " or --datasource UID of one that Grafana knows")  # fmt: skip
    # The store's own user may write: Grafana is to read.
    user, given = (unquote(parts.username or ""), parts.password) if clickhouse else ("", None)
    secure = parts.scheme == "https"
    return ClickHouse(
        host=parts.hostname,
        port=parts.port or (8443 if secure else 8123),
        secure=secure,
        user=user or _READER,
        password=unquote(given) if given else setting("reader_password"),
        database=setting("database"),
    )


def _tell_left_out(file: RuleFile) -> None:
    for channel, why in contacts(file.channels, file.rules).left_out.items():
        click.echo(f"channel {channel} is not in Grafana: {why}", err=True)
