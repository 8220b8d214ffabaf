"""`windvane topics`: the topics on Kafka."""

from __future__ import annotations

import click

from windvane.cli.options import setting_option
from windvane.settings import setting

__all__ = ["command"]


@click.group("topics")
def command() -> None:
    """Create the topics on Kafka, with stated settings.

    \b
    Example:
      windvane topics create --bootstrap 127.0.0.1:9092
    """


@command.command("create", short_help="Create the topic of envelopes, and say its settings.")
@setting_option("--bootstrap", "bootstrap")
@setting_option("--topic", "topic")
@setting_option("--partitions", "partitions", type=click.IntRange(min=1))
@setting_option("--replication", "replication", type=click.IntRange(min=1))
@setting_option("--retention-h", "log_retention_h", type=click.FloatRange(min=0.01))
def create(
    bootstrap: str | None,
    topic: str | None,
    partitions: int | None,
    replication: int | None,
    log_retention_h: float | None,
) -> None:
    """Create the topic of envelopes, and say its settings; one that exists is compared, not changed.

    \b
    Example:
      windvane topics create --bootstrap 127.0.0.1:9092 --partitions 12
    """
    from windvane.collectors.log.topics import create_topic

    outcome = create_topic(
        setting("bootstrap", bootstrap),
        setting("topic", topic),
        partitions=setting("partitions", partitions),
        replication=setting("replication", replication),
        retention_h=setting("log_retention_h", log_retention_h),
    )
    click.echo(str(outcome))
