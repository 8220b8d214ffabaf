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
@click.option("--port", type=click.IntRange(0, 65535), default=7070, show_default=True, help="Port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def command(bootstrap: str | None, topic: str | None, port: int, host: str) -> None:
    """Take events over HTTP and append them to Kafka: for apps that do not speak Kafka.

    An event is accepted once Kafka has it; while Kafka does not answer, senders are told to come back. There is no
    authentication yet: keep it on loopback or a private network.

    \b
    Examples:
      windvane gateway --bootstrap 127.0.0.1:9092
      curl -d '{"service": "demo", "model": "m", "response": "hello"}' http://127.0.0.1:7070/v1/events
    """
    from aiohttp import web

    from windvane.cli.listening import address, bind, listen, make_guard
    from windvane.collectors.gateway.app import make_gateway
    from windvane.collectors.log.kafka import KafkaLog

    log_to_stderr()
    bound = bind(host, port)
    log = KafkaLog(setting("bootstrap", bootstrap), topic=setting("topic", topic))
    app = make_gateway(log)
    app.middlewares.append(make_guard(host))
    listen(bound)
    click.echo(f"the gateway listens on {address(bound)}/", err=True)
    try:
        web.run_app(app, sock=bound, access_log=None, print=None)
    finally:
        log.close()
    click.echo("the gateway has stopped; what it had accepted is in Kafka", err=True)
