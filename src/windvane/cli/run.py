"""`windvane run`: an app's calls are told, and the app's code is not touched."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Final

import click

from windvane.cli.options import setting_option
from windvane.collectors.transport.opening import check_endpoint
from windvane.errors import ConfigError
from windvane.settings import SETTINGS, setting

__all__ = ["command"]

_PRELOAD: Final = Path(__file__).parent / "preload"
"""Holds one `sitecustomize.py`, which Python executes before an app's first line."""


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@setting_option("--endpoint", "endpoint")
@setting_option("--service", "service")
@click.argument("app", nargs=-1, required=True, type=click.UNPROCESSED)
def command(endpoint: str | None, service: str | None, app: tuple[str, ...]) -> None:
    """Run a Python app so that its calls of models are told, with no change to its code.

    The app takes this process over: exit code, signals and terminal are its own. Its Python, and every Python that it
    starts, calls `windvane.instrument()` before its first line; the settings (docs/reference/settings.md) are those of
    the environment. windvane must be installed for that Python; `python -I`, -E and -S do not read it.

    \b
    Examples:
      windvane run -- python app.py --port 8080
      windvane run --service checkout -- gunicorn -w 4 shop:app
      windvane run --endpoint kafka://127.0.0.1:9092 -- python -m worker
    """
    check_endpoint(setting("endpoint", endpoint))
    found = shutil.which(app[0])
    if found is None:
        raise ConfigError(f"there is no command {app[0]!r}. Write it as for a shell: windvane run -- python app.py")
    given = {"endpoint": endpoint, "service": service}
    env = _environment()
    env |= {SETTINGS[name].env: value for name, value in given.items() if value is not None}
    path = env.get("PYTHONPATH")
    env["PYTHONPATH"] = f"{_PRELOAD}{os.pathsep}{path}" if path else str(_PRELOAD)
    sys.stdout.flush()
    sys.stderr.flush()
    # Python ignores these, and what is ignored stays so in the app.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execve(found, app, env)


def _environment() -> dict[str, str]:
    """Return the environment as this process was given it: what was set since is for windvane's own work."""
    pairs = (pair.partition(b"=") for pair in Path("/proc/self/environ").read_bytes().split(b"\0"))
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs if name}
