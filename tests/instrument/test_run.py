"""`windvane run` tells of an app that knows nothing of it, and is otherwise not there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.apps import Arrived
from tests.running import WINDVANE, until
from tests.servers.providers import ProviderServer

APP = """
import openai, sys
client = openai.OpenAI(api_key="none", base_url=sys.argv[1] + "/v1")
answer = client.chat.completions.create(model="plain", messages=[{"role": "user", "content": "hi"}])
print(answer.choices[0].message.content)
"""


@pytest.fixture
def arrived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arrived:
    found = Arrived(tmp_path / "events")
    monkeypatch.setenv("WINDVANE_ENDPOINT", found.endpoint)
    monkeypatch.chdir(tmp_path)
    return found


def run(*command: object, **more: Any) -> subprocess.CompletedProcess[str]:
    whole = [*WINDVANE, "run", *map(str, command)]
    return subprocess.run(whole, capture_output=True, text=True, timeout=60, **more)


def test_an_app_that_knows_nothing_of_it_is_told(arrived: Arrived, providers: ProviderServer) -> None:
    pytest.importorskip("openai")
    Path("app.py").write_text(APP)
    done = run("--service", "checkout", "--", sys.executable, "app.py", providers.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Paris is the capital.\n", "")
    [row] = arrived.until(lambda now: now.count() == 1, "the call is told").rows
    assert (row["service_name"], row["gen_ai_request_model"]) == ("checkout", "plain")
    assert row["gen_ai_response_finish_reasons"] == ["stop"]


def test_processes_that_the_app_starts_are_told_too(arrived: Arrived, providers: ProviderServer) -> None:
    pytest.importorskip("openai")
    Path("app.py").write_text(APP)
    Path("start.py").write_text("import subprocess, sys; sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))")
    done = run("--", sys.executable, "start.py", "app.py", providers.url)
    assert done.returncode == 0, done.stderr
    assert arrived.until(lambda now: now.count() == 1, "the call is told").rows[0]["service_name"] == "unknown_service"


def test_arguments_input_and_exit_code_are_the_apps_own(arrived: Arrived) -> None:
    code = "import sys; print(sys.argv[1:], sys.stdin.read()); sys.exit(7)"
    done = run(sys.executable, "-c", code, "--help", "-x", "--", "y", input="typed")
    assert (done.returncode, done.stdout) == (7, "['--help', '-x', '--', 'y'] typed\n")


def test_the_environment_is_the_apps_own(arrived: Arrived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    code = (
        "import os, signal, sys; print(sorted(os.environ)); print(os.environ['PYTHONPATH'].split(os.pathsep)[1:]);"
        "print([path for path in sys.path if 'preload' in path], '/somewhere' in sys.path);"
        "print(open('/proc/self/status').read().partition('SigIgn:')[2].split()[0])"
    )
    bare = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    seen = run("--", sys.executable, "-c", code).stdout.splitlines()
    assert (seen[0], seen[3]) == (bare[0], bare[3])
    assert seen[1:3] == ["['/somewhere']", "[] True"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_signals_go_to_the_app(arrived: Arrived, number: signal.Signals) -> None:
    code = "import time; print('here', flush=True); time.sleep(60)"
    bare = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    told = subprocess.Popen(
        [*WINDVANE, "run", "--", sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    codes = []
    for app in (bare, told):
        assert app.stdout is not None and app.stdout.readline() == "here\n"
        time.sleep(0.1)
        app.send_signal(number)
        codes.append(app.wait(20))
    assert codes[0] == codes[1] != 0


def test_the_users_own_sitecustomize_runs_and_is_the_one_that_is_found(
    arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("own").mkdir()
    Path("own/sitecustomize.py").write_text("import builtins; builtins.mine = 'mine'; own = 1")
    monkeypatch.setenv("PYTHONPATH", "own")
    code = (
        "import sitecustomize, windvane.collectors.instrument as i;"
        "print(mine, sitecustomize.own, sitecustomize.__file__); print(list(i._asked))"
    )
    done = run("--", sys.executable, "-c", code)
    assert done.stdout.splitlines()[0].startswith("mine 1 ") and "own/sitecustomize.py" in done.stdout, done.stderr
    assert "openai" in done.stdout


def test_a_sitecustomize_that_fails_fails_as_before(arrived: Arrived, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own").mkdir()
    Path("own/sitecustomize.py").write_text("raise KeyError('theirs')")
    monkeypatch.setenv("PYTHONPATH", "own")
    done = run("--", sys.executable, "-c", "print('runs')")
    assert (done.returncode, done.stdout) == (0, "runs\n") and "KeyError: 'theirs'" in done.stderr


def test_a_python_without_windvane_runs_the_app_and_says_so(arrived: Arrived) -> None:
    broken = Path("broken/windvane")
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('No module named windvane')")
    code = (
        "import os, subprocess, sys; os.environ['PYTHONPATH'] += os.pathsep + os.path.abspath('broken');"
        "subprocess.run([sys.executable, '-c', 'print(1)'])"
    )
    done = run("--", sys.executable, "-c", code)
    assert done.stdout == "1\n" and done.stderr.count("\n") == 1 and "calls are not told" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--", "no-such-command"], "there is no command 'no-such-command'"),
        (["--endpoint", "nowhere", "x"], "is no endpoint"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(arrived: Arrived, arguments: list[str], told: str) -> None:
    done = run(*arguments)
    assert done.returncode == 1 and told in done.stderr and done.stderr.count("\n") == 1


def test_a_kill_of_the_app_loses_no_call(arrived: Arrived, providers: ProviderServer) -> None:
    pytest.importorskip("openai")
    code = APP.replace("answer =", "for _ in range(50): answer =")
    Path("app.py").write_text(code + "import os; os.kill(os.getpid(), 9)\n")
    done = run("--", sys.executable, "app.py", providers.url)
    assert done.returncode == -9
    code = "import windvane, time; windvane.emit(id='next'); time.sleep(1)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    until(lambda: arrived.count() >= 51, "what the killed app has told arrives")
    ids = arrived.read().ids
    assert len(ids) == len(set(ids)) == 51
