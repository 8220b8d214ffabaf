"""`windvane up`: the whole pipeline in one process."""

from __future__ import annotations

from pathlib import Path

import click

from windvane.cli.logs import log_to_stderr
from windvane.cli.options import dir_option, rules_option, setting_option
from windvane.cli.stopping import StopRequest
from windvane.settings import setting

__all__ = ["command"]


@click.command("up")
@dir_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=7070, show_default=True, help="Port of the intake and the page."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; off loopback, anyone may write here."
)
@setting_option("--grpc-port", "otlp_grpc_port", type=click.IntRange(1, 65535))
@rules_option
@click.option("--verbose", is_flag=True, help="Say more.")
def command(
    dir: Path | None,
    port: int,
    host: str,
    otlp_grpc_port: int | None,
    rules: tuple[Path, ...] | None,
    verbose: bool,
) -> None:
    """Run the whole pipeline in this process: intake over HTTP, log, scoring, store, alerts, boards in the browser.

    Point an app at it with windvane.init(endpoint="http://127.0.0.1:7070", service="…"), or send plain JSON. Ends on
    Ctrl-C or SIGTERM, once the block in hand is stored; kill -9 loses nothing either.

    \b
    Examples:
      windvane up
      windvane up --rules my-rules.toml
      curl -d '{"service": "demo", "model": "m", "prompt": "hi", "response": "hello"}' http://127.0.0.1:7070/v1/events
      windvane sql "SELECT * FROM calls"
    """
    from windvane.cli.alerts.assembly import rule_file
    from windvane.cli.local import LocalPipeline
    from windvane.collectors.gateway.grpc_door import grpc_door

    log_to_stderr(verbose=verbose)
    stop = StopRequest()
    pipeline = LocalPipeline(setting("dir", dir), host, port, rule_file(rules))
    grpc_port = setting("otlp_grpc_port", otlp_grpc_port)
    with grpc_door(pipeline.url, host, grpc_port):
        pipeline.start()
        over_grpc = f", for gRPC on port {grpc_port}" if grpc_port else ""
        click.echo(f"windvane is up: {pipeline.url}/{over_grpc}  (data in {pipeline.directory})", err=True)
        stop.wait()
    pipeline.stop()
    click.echo("windvane has stopped; nothing is lost", err=True)
