"""`windvane gateway`: the HTTP intake alone, in front of Kafka."""

from __future__ import annotations

import click

from windvane.cli.logs import log_to_stderr
from windvane.cli.options import setting_option
from windvane.settings import setting

__all__ = ["command"]


@click.command("gateway")
@setting_option("--bootstrap", "bootstrap")
@setting_option("--topic", "topic")
@click.option("--port", type=click.IntRange(0, 65535), default=7070, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def command(bootstrap: str | None, topic: str | None, port: int, host: str) -> None:
    """Take events over HTTP and append them to Kafka: for apps that do not speak Kafka.

    An event is accepted once Kafka has it. There is no authentication yet: keep it on loopback or a private network.
    """
    from aiohttp import web

    from windvane.collectors.gateway.app import make_gateway
    from windvane.collectors.log.kafka import KafkaLog

    log_to_stderr()
    log = KafkaLog(setting("bootstrap", bootstrap), topic=setting("topic", topic))
    click.echo(f"the gateway listens on http://{host}:{port}/", err=True)
    try:
        web.run_app(make_gateway(log), host=host, port=port, access_log=None, print=None)
    finally:
        log.close()
