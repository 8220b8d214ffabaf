"""`windvane up`: the whole pipeline in one process."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from windvane.cli.logs import log_to_stderr
from windvane.cli.options import dir_option
from windvane.settings import setting

__all__ = ["command", "wait_for_signal"]


@click.command("up")
@dir_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=7070, show_default=True, help="Port of the intake and the page."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; keep it on loopback.")
@click.option("--verbose", is_flag=True, help="Say more.")
def command(dir: Path | None, port: int, host: str, verbose: bool) -> None:
    """Run the whole pipeline in this process: intake over HTTP, log, scoring, store, and a health page.

    Point an app at it with windvane.init(endpoint="http://127.0.0.1:7070", service="…"), or send plain JSON:

    \b
      curl -d '{"service": "demo", "model": "m", "prompt": "hi", "response": "hello"}' http://127.0.0.1:7070/v1/events
      windvane sql "SELECT * FROM calls"

    Ends on Ctrl-C or SIGTERM, once the block in hand is stored; kill -9 loses nothing either.
    """
    from windvane.cli.local import LocalPipeline

    log_to_stderr(verbose=verbose)
    pipeline = LocalPipeline(setting("dir", dir), host, port)
    pipeline.start()
    click.echo(f"windvane is up: http://{host}:{pipeline.port}/  (data in {pipeline.directory})", err=True)
    wait_for_signal()
    pipeline.stop()


def wait_for_signal() -> None:
    """Block until SIGINT or SIGTERM."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    while not asked.wait(0.5):
        pass
