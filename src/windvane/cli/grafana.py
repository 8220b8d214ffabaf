"""`windvane grafana`: the boards and the alert rules in a Grafana of the user's."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from windvane.settings import setting

if TYPE_CHECKING:
    from windvane.dashboards.grafana.push import Wanted

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])


@click.group("grafana")
def command() -> None:
    """Show the boards in Grafana, and have it judge the alert rules: by its HTTP API, or by files that it mounts.

    The same boards are on the page of `windvane up`. Push or mount, never both; and either Grafana tells people of
    alerts or `windvane alerts run` does (then with --no-rules). docs/grafana.md has the permissions and the limits.

    \b
    Examples:
      windvane grafana push --url http://127.0.0.1:3000 --token glsa_… --dry-run
      windvane grafana files provisioning
    """


def _common(function: F) -> F:
    """Add the options of what Grafana is to have."""
    rules = click.option(
        "--rules", "files", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="A file of your own rules and channels, after the shipped ones; may be repeated.",
    )  # fmt: skip
    no_rules = click.option(
        "--no-rules", is_flag=True, help="Only boards: `windvane alerts run` judges the rules and tells people."
    )
    clickhouse = click.option(
        "--clickhouse", metavar="URL",
        help="Where Grafana reaches ClickHouse, with a user that only reads, as"
        " http://windvane_reader@clickhouse:8123. Its password is WINDVANE_READER_PASSWORD.",
    )  # fmt: skip
    return clickhouse(rules(no_rules(function)))


@command.command("push", short_help="Make or update folder, data source, boards, rules and contact points.")
@click.option("--url", required=True, help="Grafana's address, as http://127.0.0.1:3000.")
@click.option("--token", required=True, help="A service account's token.")
@_common
@click.option("--dry-run", is_flag=True, help="Say what would change, line by line; change nothing.")
@click.option("--force", is_flag=True, help="Overwrite what was changed in Grafana since the last push.")
def push(
    url: str,
    token: str,
    files: tuple[Path, ...],
    no_rules: bool,
    clickhouse: str | None,
    dry_run: bool,
    force: bool,
) -> None:
    """Make or update folder, data source, boards, rules and contact points, all of the uids that they always have.

    What is as it should be is left alone, and so is what is not windvane's: a dashboard without its tag, a rule
    without its label. What somebody has changed in Grafana since the last push is told, and overwritten with --force
    alone. After a failure, push again: it goes on from there.

    Exit code 1 if something was refused.

    \b
    Examples:
      windvane grafana push --url http://127.0.0.1:3000 --token glsa_… --dry-run
      windvane grafana push --url http://127.0.0.1:3000 --token glsa_… \\
        --clickhouse http://windvane_reader@clickhouse:8123 --rules alerts.toml
    """
    from windvane.dashboards.grafana.client import Grafana
    from windvane.dashboards.grafana.push import apply, plan
    from windvane.dashboards.grafana.step import Action

    grafana = Grafana(url, token)
    wanted = _wanted(files, no_rules, clickhouse, setting("reader_password") or "")
    steps = plan(grafana, wanted, force=force)
    if dry_run:
        for step in steps:
            if step.action not in (Action.KEEP, Action.REFUSE):
                click.echo(f"would {step.action} {step.what}")
                click.echo("".join(f"  {line}\n" for line in step.diff), nl=False)
    else:
        for step in apply(steps):
            click.echo(f"{step.action.done} {step.what}")
    refused = [step for step in steps if step.action is Action.REFUSE]
    for step in refused:
        click.echo(f"left alone: {step.what}: {step.why}", err=True)
    counts = Counter(step.action for step in steps)
    told = ", ".join(f"{counts[action]} {action.done}" for action in Action if counts[action])
    click.echo(f"{told}; nothing was changed" if dry_run else told)
    sys.exit(1 if refused else 0)


@command.command("files", short_help="Write the same as provisioning files.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--mounted-at", default="/etc/grafana/provisioning", show_default=True, help="Where Grafana sees FOLDER.")
@_common
def files_(folder: Path, mounted_at: str, files: tuple[Path, ...], no_rules: bool, clickhouse: str | None) -> None:
    """Write the same as provisioning files into FOLDER, for a Grafana that mounts it.

    Written again, only what has changed is replaced, and rules that are no more are named as deleted. Grafana reads
    boards at once, the rest when it starts. With channels, the files hold their secrets: keep them as such. The
    password of ClickHouse is not in them: Grafana needs WINDVANE_READER_PASSWORD in its environment.

    \b
    Examples:
      windvane grafana files provisioning
      windvane grafana files --clickhouse http://windvane_reader@clickhouse:8123 --no-rules provisioning
    """
    from windvane.dashboards.grafana.files import PASSWORD, write_files

    changed = write_files(folder, _wanted(files, no_rules, clickhouse, PASSWORD), mounted_at)
    for path in changed:
        click.echo(path)
    click.echo(f"{len(changed)} files changed" if changed else "the files are as they should be")


def _wanted(files: tuple[Path, ...], no_rules: bool, clickhouse: str | None, password: str) -> Wanted:
    from windvane.dashboards.boards import boards
    from windvane.dashboards.grafana.dashboard import dashboard_json
    from windvane.dashboards.grafana.points import points
    from windvane.dashboards.grafana.push import Wanted
    from windvane.dashboards.grafana.rule import grafana_rule, groups
    from windvane.dashboards.grafana.source import data_source

    made = tuple(map(dashboard_json, boards()))
    source = data_source(clickhouse, password, setting("database")) if clickhouse else None
    if no_rules:
        return Wanted(boards=made, source=source)
    from windvane.dashboards.alerts.reading import load

    file = load(files)
    told = points(file.rules, file.channels)
    for sentence in told.left_out:
        click.echo(sentence, err=True)
    rules = [grafana_rule(rule, boards(), told.receivers.get(rule.name, "")) for rule in file.rules]
    return Wanted(boards=made, groups=groups(rules), points=told.integrations, source=source)
