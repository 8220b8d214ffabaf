"""The layout holds: folders at the top, one import name, each module loaded once, all of it in what is published."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "windvane"
PARTS = ("collectors", "dashboards", "storage", "stream")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_a_link_to_its_folder_at_the_top(part: str) -> None:
    assert (PACKAGE / part).is_symlink() and (PACKAGE / part).readlink() == Path("..", "..", part)
    assert (ROOT / part / "__init__.py").is_file() and not (ROOT / part).is_symlink()


def test_each_module_is_loaded_once_and_below_windvane_alone() -> None:
    code = """
import importlib, pkgutil, sys
from pathlib import Path
import windvane
for module in pkgutil.walk_packages(windvane.__path__, "windvane."):
    if module.name != "windvane.__main__":
        importlib.import_module(module.name)
for name, module in list(sys.modules.items()):
    if file := getattr(module, "__file__", None):
        print(name, Path(file).resolve())
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT / "src", check=True)
    loaded = [line.split(" ", 1) for line in done.stdout.splitlines()]
    ours = {name: file for name, file in loaded if Path(file).is_relative_to(ROOT) and "site-packages" not in file}
    assert len(ours) > 50 and len(set(ours.values())) == len(ours)
    assert {name.split(".")[0] for name in ours} == {"windvane"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source distribution, and the wheel that pip builds from it."""
    folder = tmp_path_factory.mktemp("dist")
    run = {"capture_output": True, "text": True, "timeout": 120, "check": True}
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder], cwd=ROOT, **run)  # type: ignore[call-overload]
    sdist = next(folder.glob("*.tar.gz"))
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *offline, "-w", folder, sdist], **run)  # type: ignore[call-overload]
    return sdist, next(folder.glob("*.whl"))


def committed() -> set[PurePosixPath]:
    """All files of the package, as they lie in its folders."""
    found = {path for part in ("cli", *PARTS) for path in (PACKAGE / part).resolve().rglob("*")}
    found |= set(PACKAGE.iterdir())
    files = {path for path in found if path.is_file() and "__pycache__" not in path.parts}
    roots = ((PACKAGE, PurePosixPath("windvane")), (ROOT, PurePosixPath("windvane")))
    return {next(name / path.relative_to(root) for root, name in roots if path.is_relative_to(root)) for path in files}


def test_the_wheel_holds_every_file_below_windvane_and_nothing_beside_it(published: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(published[1]) as wheel:
        held = {PurePosixPath(name) for name in wheel.namelist() if ".dist-info/" not in name}
        links = [entry.filename for entry in wheel.infolist() if entry.external_attr >> 28 == 0xA]
    assert held == committed() and links == []
    for needed in ("py.typed", "dashboards/page/static/page.html", "storage/schema/0001_facts.up.sql", "stream/job.py"):
        assert PurePosixPath("windvane", needed) in held


def test_the_source_distribution_holds_them_as_real_files(published: tuple[Path, Path]) -> None:
    with tarfile.open(published[0]) as archive:
        members = archive.getmembers()
    assert [member.name for member in members if not (member.isfile() or member.isdir())] == []
    held = {PurePosixPath(*PurePosixPath(member.name).parts[2:]) for member in members if "/src/" in member.name}
    assert held == committed()
    top = {PurePosixPath(member.name).parts[1] for member in members}
    assert {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "src"} <= top and not top & set(PARTS)
