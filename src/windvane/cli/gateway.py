"""`windvane gateway`: the HTTP intake alone, in front of Kafka, and the keys of those who may send to it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from windvane.cli.logs import log_to_stderr
from windvane.cli.options import setting_option
from windvane.settings import setting

__all__ = ["command"]

_FILE: Final = Path("gateway-keys.toml")
_PATH: Final = click.Path(path_type=Path, dir_okay=False)


@click.group("gateway", invoke_without_command=True)
@setting_option("--bootstrap", "bootstrap")
@setting_option("--topic", "topic")
@click.option("--port", type=click.IntRange(0, 65535), default=7070, show_default=True, help="Port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@setting_option("--keys", "gateway_keys", type=_PATH)
@setting_option("--grpc-port", "otlp_grpc_port", type=click.IntRange(1, 65535))
@click.pass_context
def command(
    ctx: click.Context,
    bootstrap: str | None,
    topic: str | None,
    port: int,
    host: str,
    gateway_keys: Path | None,
    otlp_grpc_port: int | None,
) -> None:
    """Take events over HTTP, OTLP too, and append them to Kafka: for apps that do not speak Kafka.

    An event is accepted once Kafka has it; while Kafka does not answer, senders are told to come back. Without keys
    whoever reaches the port may send: keep it on loopback or a private network, or make keys. See docs/gateway.md.

    \b
    Examples:
      windvane gateway --bootstrap 127.0.0.1:9092
      windvane gateway keys add checkout && windvane gateway --keys gateway-keys.toml --host 0.0.0.0
      curl -d '{"service": "demo", "model": "m", "response": "hello"}' http://127.0.0.1:7070/v1/events
    """
    if ctx.invoked_subcommand is None:
        _serve(bootstrap, topic, port, host, gateway_keys, setting("otlp_grpc_port", otlp_grpc_port))


def _serve(
    bootstrap: str | None, topic: str | None, port: int, host: str, keys: Path | None, grpc_port: int | None
) -> None:
    from aiohttp import web

    from windvane.cli.listening import address, bind, listen, make_guard
    from windvane.cli.memory import keep_memory, spare_the_collector
    from windvane.collectors.gateway.app import make_gateway
    from windvane.collectors.gateway.grpc_door import grpc_door
    from windvane.collectors.log.kafka import KafkaLog

    log_to_stderr()
    bound = bind(host, port)
    log = KafkaLog(setting("bootstrap", bootstrap), topic=setting("topic", topic))
    app = make_gateway(log, keys=keys)
    app.middlewares.append(make_guard(host))
    spare_the_collector()
    keep_memory()
    listen(bound)
    try:
        with grpc_door(address(bound), host, grpc_port):
            over_grpc = f", for gRPC on port {grpc_port}" if grpc_port else ""
            click.echo(f"the gateway listens on {address(bound)}/{over_grpc}", err=True)
            web.run_app(app, sock=bound, access_log=None, print=None)
    finally:
        log.close()
    click.echo("the gateway has stopped; what it had accepted is in Kafka", err=True)


@command.group("keys")
def keys() -> None:
    """Say who may send: one key per source, kept as a hash in a file.

    \b
    Examples:
      windvane gateway keys add checkout --redaction "mask; email=hash" --rate 50
      windvane gateway keys list
      windvane gateway keys remove checkout
    """


@keys.command("add", short_help="Make a key, and print it once.")
@click.argument("name")
@setting_option("--keys", "gateway_keys", type=_PATH)
@click.option("--redaction", help="What becomes of secrets and personal data in what it sends. [as WINDVANE_REDACTION]")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Requests a second that are taken of it.")
def add(name: str, gateway_keys: Path | None, redaction: str | None, rate: float | None) -> None:
    """Make a key for the source NAME, and print it. It is shown this once: the file has its hash alone.

    \b
    Example:
      windvane gateway keys add checkout --redaction mask
    """
    from windvane.collectors.gateway.keys import make_key

    path = setting("gateway_keys", gateway_keys) or _FILE
    secret = make_key(path, name, redaction=redaction, rate=rate)
    click.echo(secret)
    click.echo(f"{path} has its hash; a gateway that uses the file takes the key within seconds", err=True)


@keys.command("list", short_help="Name the sources.")
@setting_option("--keys", "gateway_keys", type=_PATH)
def list_keys(gateway_keys: Path | None) -> None:
    """Name the sources of the file, and what is said of them.

    \b
    Example:
      windvane gateway keys list
    """
    from windvane.collectors.gateway.keys import read_keys

    for key in read_keys(setting("gateway_keys", gateway_keys) or _FILE):
        said = [f"redaction {key.redaction}"] if key.redaction is not None else []
        said += [f"rate {key.rate:g}"] if key.rate is not None else []
        click.echo("  ".join((key.name, *said)))


@keys.command("remove", short_help="Take a key away.")
@click.argument("name")
@setting_option("--keys", "gateway_keys", type=_PATH)
def remove(name: str, gateway_keys: Path | None) -> None:
    """Take the key of the source NAME away. A running gateway refuses it within seconds.

    \b
    Example:
      windvane gateway keys remove checkout
    """
    from windvane.collectors.gateway.keys import remove_key

    path = setting("gateway_keys", gateway_keys) or _FILE
    remove_key(path, name)
    click.echo(f"{path} has no key named {name} any more", err=True)
