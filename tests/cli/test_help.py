"""`--help` teaches: each command shows how it is called, and what it shows can be called."""

from __future__ import annotations

import shlex
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from tests.running import windvane
from windvane.cli import main


def group() -> click.Group:
    return main._group()


def examples(told: str) -> list[list[str]]:
    """The command lines of a help's examples, those of several lines joined."""
    text = told.partition("Example")[2].partition("Options:")[0].replace("\\\n", " ")
    return [shlex.split(line)[1:] for line in text.splitlines() if line.strip().startswith("windvane ")]


@pytest.mark.parametrize("name", list(main._COMMANDS))
def test_every_command_has_help_with_examples_that_it_would_take(name: str) -> None:
    done = CliRunner().invoke(group(), [name, "--help"])
    assert done.exit_code == 0 and examples(done.output), done.output
    for line in examples(done.output):
        with click.Context(group()) as parent:
            _, command, arguments = group().resolve_command(parent, line)
            assert command is not None
            command.make_context(line[0], arguments, parent=parent)  # raises where an option or a value is wrong


def test_the_list_of_commands_is_in_the_help_and_short() -> None:
    done = CliRunner().invoke(group(), ["--help"])
    assert done.exit_code == 0
    assert all(f"  {name} " in done.output for name in main._COMMANDS)
    assert len(done.output.splitlines()) < 40


def test_help_and_version_are_quick_and_load_no_engine() -> None:
    code = "import sys; from windvane.cli.main import _group; _group(); print(*sys.modules)"
    assert windvane("--version").stdout.startswith("windvane, version")
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pyarrow", "faust", "chdb", "clickhouse_connect", "aiohttp"} & set(loaded)


def test_a_misspelt_command_or_option_is_said_with_exit_code_2() -> None:
    for arguments in (["nope"], ["sql"], ["up", "--nope"], ["replay", "x.csv"]):
        done = windvane(*arguments, check=False)
        assert done.returncode == 2 and "Error: " in done.stderr and "Traceback" not in done.stderr
