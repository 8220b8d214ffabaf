"""instrument() works before and after the app imports a library, imports none itself, and leaves no trace."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import windvane
from tests.apps import Arrived, run_app
from tests.servers.providers import ProviderServer
from windvane.collectors.instrument import failures, guarding, importing, known
from windvane.errors import ConfigError


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where modules of a test are imported from."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    importing.forget()
    for name in [name for name in sys.modules if name.startswith("imported_")]:
        del sys.modules[name]
    guarding._counts.clear()


def test_it_is_told_at_the_end_of_the_import(place: Path) -> None:
    (place / "imported_one.py").write_text("import sys\nloader = __spec__.loader\nlooks = vars(loader)\nvalue = 1\n")
    told: list[int] = []
    importing.when_imported("imported_one", lambda: told.append(sys.modules["imported_one"].value))
    assert told == [] and "imported_one" not in sys.modules
    module: Any = importlib.import_module("imported_one")
    assert told == [1] and "exec_module" not in module.looks
    importlib.reload(module)
    importing.when_imported("imported_one", lambda: told.append(2))
    assert told == [1, 2]


def test_a_package_and_a_module_inside_it(place: Path) -> None:
    (place / "imported_two").mkdir()
    (place / "imported_two/__init__.py").write_text("from imported_two import inner\n")
    (place / "imported_two/inner.py").write_text("")
    told: list[str] = []
    importing.when_imported("imported_two.inner", lambda: told.append("inner"))
    importing.when_imported("imported_two", lambda: told.append("package"))
    importlib.import_module("imported_two")
    assert told == ["inner", "package"]


def test_an_import_that_fails_fails_as_before_and_may_come_again(place: Path) -> None:
    file = place / "imported_three.py"
    file.write_text("raise KeyError('theirs')")
    told: list[int] = []
    importing.when_imported("imported_three", lambda: told.append(1))
    importing.when_imported("imported_nowhere", lambda: told.append(2))
    with pytest.raises(KeyError, match="theirs"):
        importlib.import_module("imported_three")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("imported_nowhere")
    file.write_text("value = 'mended'  # of another size")
    importlib.invalidate_caches()
    importlib.import_module("imported_three")
    assert told == [1]


def test_a_failure_of_ours_is_no_failure_of_the_import(place: Path) -> None:
    (place / "imported_four.py").write_text("value = 4")
    importing.when_imported("imported_four", lambda: 1 / 0)
    assert importlib.import_module("imported_four").value == 4
    assert sum(failures().values()) == 1


def test_nobody_looks_any_more_once_forgotten(place: Path) -> None:
    before = list(sys.meta_path)
    importing.when_imported("imported_five", lambda: None)
    assert len(sys.meta_path) == len(before) + 1
    importing.forget()
    assert sys.meta_path == before


def test_unknown_libraries_are_named_and_change_nothing() -> None:
    with pytest.raises(ConfigError, match=r"no instrumentation of 'opnai'. Known: .*openai"):
        windvane.instrument("openai", "opnai")
    assert windvane.collectors.instrument._asked == {}  # type: ignore[attr-defined]


def test_it_returns_the_names_and_may_be_called_again() -> None:
    try:
        assert windvane.instrument() == tuple(known()) == windvane.instrument()
        assert windvane.instrument("openai") == ("openai",)
    finally:
        windvane.uninstrument()
    windvane.uninstrument()


def test_no_library_is_imported_for_it() -> None:
    code = "import sys, windvane; print(*windvane.instrument()); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    names, modules = (line.split() for line in done.stdout.splitlines())
    assert names == list(known())
    assert not {*names, "httpx", "httpx2", "pydantic", "aiohttp"} & set(modules)


CALL = """
client = openai.OpenAI(api_key="none", base_url={url!r} + "/v1")
for _ in range({count}):
    client.chat.completions.create(model="plain", messages=[{{"role": "user", "content": "hi"}}])
"""


@pytest.mark.parametrize("order", ["windvane.instrument(); import openai", "import openai; windvane.instrument()"])
def test_before_or_after_the_import(order: str, tmp_path: Path, providers: ProviderServer) -> None:
    pytest.importorskip("openai")
    arrived = Arrived(tmp_path / "events")
    run_app(order + CALL.format(url=providers.url, count=1), arrived.endpoint)
    assert arrived.read().rows[0]["gen_ai_response_id"] == "chatcmpl-1"


def test_kill_9_loses_no_call_that_has_returned(tmp_path: Path, providers: ProviderServer) -> None:
    pytest.importorskip("openai")
    arrived = Arrived(tmp_path / "events")
    code = "windvane.instrument(); import openai" + CALL.format(url=providers.url, count=100)
    run_app(code + "os.kill(os.getpid(), signal.SIGKILL)", arrived.endpoint, killed=True)
    run_app("time.sleep(1)", arrived.endpoint)
    found = arrived.until(lambda now: now.count() >= 100, "the next process sends what the killed one has told")
    assert len(found.ids) == len(set(found.ids)) == 100
    assert {row["gen_ai_usage_output_tokens"] for row in found.rows} == {5}
