"""Imports go one way: cli to dashboards to storage to collectors, cli to stream to collectors, and never back."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final, NamedTuple

import pytest

PACKAGE: Final = Path(__file__).parents[1] / "src" / "windvane"
FILES: Final = {
    ".".join(("windvane", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for part in (".", "cli", "collectors", "dashboards", "storage", "stream")
    for path in (PACKAGE.glob("*.py") if part == "." else (PACKAGE / part).rglob("*.py"))
}
COMMON: Final = ("errors", "settings")
ALLOWED: Final[dict[str, tuple[str, ...]]] = {
    "windvane": ("windvane",),
    "cli": ("windvane",),
    "dashboards": (*COMMON, "dashboards", "storage", "collectors.event", "collectors.normalize"),
    "storage": (*COMMON, "storage", "collectors.event", "collectors.envelope", "collectors.log", "collectors.block"),
    "stream": (*COMMON, "stream", "collectors"),
    "collectors": (*COMMON, "collectors"),
    "errors": (),
    "settings": ("errors",),
}
"""Part of the house, and what it may import of the house."""
SDK: Final = {"msgspec", "kafka", "crc32c", "zstandard"}
"""All that an observed app installs."""


class Import(NamedTuple):
    name: str
    at_run_time: bool
    """Not for the type checker alone."""
    at_once: bool
    """When the module is loaded, not when a function is called."""


def test_all_parts_of_the_house_are_looked_at() -> None:
    assert {part_of(module) for module in FILES} == {*ALLOWED, "__main__"} and len(FILES) > 50


def part_of(module: str) -> str:
    return [*module.split("."), "windvane"][1]


@cache
def imports(module: str) -> tuple[Import, ...]:
    """Return what a module imports, each by its whole name."""
    return tuple(_imports(ast.parse(FILES[module].read_text()), True, True))


def _imports(node: ast.AST, at_run_time: bool, at_once: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, at_run_time, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0 and child.module, "imports are written in full"
            names = (f"{child.module}.{alias.name}" for alias in child.names)
            for name in names:
                yield Import(name if name in FILES else child.module, at_run_time, at_once)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from _imports(child, False, at_once)
        else:
            later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, at_run_time, at_once and not later)


def below(name: str, roots: tuple[str, ...]) -> bool:
    whole = ("windvane" if root == "windvane" else f"windvane.{root}" for root in roots)
    return any(name == root or name.startswith(root + ".") for root in whole)


@pytest.mark.parametrize("module", [module for module in FILES if module != "windvane.__main__"])
def test_a_module_imports_only_what_is_below_it(module: str) -> None:
    ours = [found.name for found in imports(module) if below(found.name, ("windvane",))]
    assert [name for name in ours if not below(name, ALLOWED[part_of(module)])] == []


@pytest.mark.parametrize("module", [module for module in FILES if part_of(module) in ("collectors", *COMMON)])
def test_what_lives_in_the_app_needs_only_what_an_app_installs(module: str) -> None:
    third = {found.name.split(".")[0] for found in imports(module) if found.at_run_time}
    third -= {*sys.stdlib_module_names, "windvane"}
    gateway = {"aiohttp", "google", "grpc", "opentelemetry"}
    assert third <= (SDK | gateway if below(module, ("collectors.gateway",)) else SDK)


def test_an_app_that_imports_windvane_loads_nothing_heavy() -> None:
    code = "import sys; before = set(sys.modules); import windvane; print(*sys.modules.keys() - before)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()} - sys.stdlib_module_names
    # msgspec takes typing_extensions where it is there.
    assert {name for name in loaded if not name.startswith("_")} <= {"windvane", "typing_extensions", *SDK}
    parts = {part_of(name) for name in done.stdout.split() if name.startswith("windvane.")}
    assert parts == {"collectors", "errors", "settings"}


def test_no_module_needs_itself_to_be_loaded() -> None:
    """TopologicalSorter raises CycleError, with the circle, where there is one."""
    graph = {
        module: {found.name for found in imports(module) if found.at_once and found.at_run_time and found.name in FILES}
        for module in FILES
    }
    order = list(TopologicalSorter(graph).static_order())
    assert order.index("windvane.errors") < order.index("windvane.collectors.envelope") < order.index("windvane")


@pytest.mark.parametrize("module", [module for module in FILES if module != "windvane.settings"])
def test_only_the_settings_read_the_environment(module: str) -> None:
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os":
            assert node.attr not in ("environ", "environb", "getenv", "getenvb"), f"line {node.lineno}"
        assert not (isinstance(node, ast.ImportFrom) and node.module == "os"), "import os, so that its use is seen"


def test_the_environment_is_read_somewhere() -> None:
    """That the test above can see it."""
    assert "os.environ" in ast.unparse(ast.parse(FILES["windvane.settings"].read_text()))
