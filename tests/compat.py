"""Which releases of the client libraries the instrumentation works with: each in an environment of its own.

    python -m tests.compat [LIBRARY …] [--dir FOLDER] [--keep]

Of every library it installs what an app has that was last updated a year ago, and what pip installs today, runs the
tests of its instrumentation in both, and prints a table. `paths` are all paths of `tests/paths`, as of today. The tools
of the tests come from the environment this runs in. The exit code is 1 where something has failed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path
from typing import Final, NamedTuple

from tests.paths.route import NAMES, route_of

__all__ = ["LIBRARIES", "main"]

ROOT: Final = Path(__file__).parents[1]
LIBRARIES: Final = {
    "openai": ("openai",),
    "anthropic": ("anthropic",),
    "google.genai": ("google-genai",),
    "litellm": ("litellm",),
    "langchain_core": ("langchain-core", "langchain-openai", "langchain"),
    "llama_index.core": ("llama-index-core", "llama-index-llms-openai"),
    "paths": tuple(sorted({need for name in NAMES for need in route_of(name).needs})),
}
"""By the name that an app imports: the packages."""
TIMES: Final = {"a year ago": ("--uploaded-prior-to", "P365D"), "today": ()}
_LONGEST_S: Final = 1800


class Result(NamedTuple):
    """What has become of one library at one time."""

    library: str
    at: str
    versions: str
    words: str
    failed: bool


def check(library: str, at: str, folder: Path) -> Result:
    """Install a library as it was, or is, into `folder`, and run its tests."""
    packages = LIBRARIES[library]
    venv.create(folder, with_pip=True, clear=True, upgrade_deps=True)  # the dates of releases need a pip of this year
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    installed = _run([*pip, "install", "--quiet", *TIMES[at], *packages])
    if installed.returncode:
        return Result(library, at, "-", f"cannot be installed: {_last(installed.stderr)}", True)
    listed = {each["name"]: each["version"] for each in json.loads(_run([*pip, "list", "--format=json"]).stdout)}
    versions = ", ".join(f"{name} {listed[name]}" for name in (re.split("[<>=]", each)[0] for each in packages))
    # Behind what was installed, so that its own versions win; `addsitedir` reads the links of editable installs too.
    tools = sysconfig.get_paths()["purelib"]
    here = Path(_run([str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]).stdout.strip())
    (here / "tools.pth").write_text(f"import site; site.addsitedir({tools!r})\n")
    done = _run([str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *_chosen(library)])
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    words = "; ".join([_last(done.stdout), *(name.rpartition("::")[2] for name in failed[:5])])
    return Result(library, at, versions, words, done.returncode != 0)


def _chosen(library: str) -> list[str]:
    """Return which tests: their ids begin with the library's name within brackets, or their file is named so."""
    if library == "paths":
        return ["tests/paths"]
    name = library.removeprefix("google.").removesuffix("_core").removesuffix(".core")
    return ["tests/instrument", "-k", f"[{library} or test_{name}"]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        why = f"it took longer than {_LONGEST_S} s"
        return subprocess.CompletedProcess(command, 1, why, why)


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip("= ") if lines else "nothing was said"


def main() -> int:
    """Check the libraries that are named, or all; print a row for each as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", help=f"of {', '.join(LIBRARIES)}; all, if none")
    parser.add_argument("--dir", type=Path, help="where the environments are made")
    parser.add_argument("--keep", action="store_true", help="leave them there")
    given = parser.parse_args()
    if unknown := set(given.libraries) - set(LIBRARIES):
        parser.error(f"not known: {', '.join(sorted(unknown))}")
    folder = given.dir or Path(tempfile.mkdtemp(prefix="windvane-compat-"))
    print("| library | as of | versions | tests |\n|---|---|---|---|", flush=True)
    failed = False
    for library in given.libraries or LIBRARIES:
        for at in TIMES if library != "paths" else ("today",):
            place = folder / f"{library}-{at.replace(' ', '-')}"
            result = check(library, at, place)
            failed |= result.failed
            print(f"| `{library}` | {at} | {result.versions} | {result.words} |", flush=True)
            if not given.keep:
                shutil.rmtree(place, ignore_errors=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
