"""What `windvane.instrument()` takes of an app's thread: calls of OpenAI's library, bare and instrumented, one by one.

    python -m benchmarks.instrument [--json] [--peers-python PYTHON]

The provider is on loopback, in a process of its own. CPU time of the app's thread is measured, twenty calls with and
twenty without in turns, after as many of which the interpreter learns what functions there are: an app's stay the same.
A figure is the median of the differences, that of "bare" says how exact it is, `windvane_lost` how many calls were not
told. An instrumentation that cannot be switched off is measured after as many bare calls. Peers run if PYTHON has them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.common import report
from benchmarks.emit import endpoint
from tests.servers.process import Child

__all__: list[str] = []

ROOT: Final = Path(__file__).parents[1]
GOALS: Final = {"windvane_chat_us": 50.0}
_OURS: Final = ("bare", "windvane")
_WARM: Final = 20
_TURN: Final = 20
_PROMPT: Final = "the refund for your order was sent to the account and will arrive within five days " * 8
MESSAGES: Final[Any] = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": _PROMPT}]

Switch = Callable[[], object]


def _windvane(sink: str, folder: str) -> tuple[Switch, Switch | None]:
    import windvane

    windvane.init(sink, "bench", spool_dir=folder)
    return windvane.instrument, windvane.uninstrument


def _instrumentor(module: str, name: str) -> Callable[[str, str], tuple[Switch, Switch | None]]:
    def begin(sink: str, folder: str) -> tuple[Switch, Switch | None]:
        import importlib

        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{sink}/v1/traces")))
        trace.set_tracer_provider(provider)
        made = getattr(importlib.import_module(module), name)()
        return lambda: made.instrument(tracer_provider=provider), made.uninstrument

    return begin


def _langfuse(sink: str, folder: str) -> tuple[Switch, Switch | None]:
    import langfuse

    langfuse.Langfuse(public_key="pk-lf-none", secret_key="sk-lf-none", base_url=sink)
    return lambda: __import__("langfuse.openai"), None


def _openlit(sink: str, folder: str) -> tuple[Switch, Switch | None]:
    import openlit

    return lambda: openlit.init(otlp_endpoint=sink, disable_metrics=True), None


def _bare(sink: str, folder: str) -> tuple[Switch, Switch | None]:
    return lambda: None, lambda: None


KINDS: Final[dict[str, tuple[str, Callable[[str, str], tuple[Switch, Switch | None]]]]] = {
    "bare": ("openai", _bare),
    "windvane": ("windvane", _windvane),
    "otel": ("opentelemetry.instrumentation.openai_v2",
             _instrumentor("opentelemetry.instrumentation.openai_v2", "OpenAIInstrumentor")),
    "openinference": ("openinference.instrumentation.openai",
                      _instrumentor("openinference.instrumentation.openai", "OpenAIInstrumentor")),
    "langfuse": ("langfuse", _langfuse),
    "openlit": ("openlit", _openlit),
}  # fmt: skip


def _calls(client: Any) -> dict[str, Callable[[], object]]:
    """Return the calls by name: an answer of 90 words, whole and in 90 pieces, and an embedding of 1,536 numbers."""
    # Looked up at each call, as by an app: OpenTelemetry's instrumentation replaces this very function.
    return {
        "chat": lambda: client.chat.completions.create(model="long", messages=MESSAGES),
        "stream": lambda: list(client.chat.completions.create(model="long", messages=MESSAGES, stream=True)),
        "embedding": lambda: client.embeddings.create(model="long", input=_PROMPT),
    }


def _timed(call: Callable[[], object]) -> float:
    began = time.thread_time_ns()
    call()
    return (time.thread_time_ns() - began) / 1e3


def _turn(call: Callable[[], object]) -> list[float]:
    for _ in range(_TURN):
        call()
    return [_timed(call) for _ in range(_TURN)]


def work(kind: str, url: str, sink: str, folder: str, count: int) -> dict[str, float]:
    """Measure one instrumentation in this process: microseconds that a call takes, bare and more."""
    import openai

    on, off = KINDS[kind][1](sink, folder)

    def calls() -> dict[str, Callable[[], object]]:
        return _calls(openai.OpenAI(api_key="none", base_url=f"{url}/v1"))

    bare, figures = calls(), {}
    if off is None:
        before = {name: [_timed(call) for _ in range(_times(name, count))] for name, call in bare.items()}
        on()
        for name, call in calls().items():
            after = [_timed(call) for _ in range(_times(name, count))]
            figures[f"{name}_us"] = statistics.median(after[_WARM:]) - statistics.median(before[name][_WARM:])
        return figures
    for name, call in bare.items():
        spans: list[tuple[float, float]] = []
        for _ in range(_times(name, count) // _TURN):
            on()
            more = _turn(call)
            off()
            spans += zip(_turn(call), more, strict=True)
        figures[f"{name}_us"] = statistics.median(more - one for one, more in spans[_WARM:])
        figures[f"{name}_bare_us"] = statistics.median(one for one, _ in spans[_WARM:])
    if kind == "windvane":
        import windvane

        windvane.flush(30)
        figures["lost"] = sum(windvane.stats().dropped.values())
    return figures


def _times(name: str, count: int) -> int:
    return _WARM + (count if name != "stream" else count // 5)


def _has(python: str, module: str) -> bool:
    code = f"import importlib.util as u, sys; sys.exit(u.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], cwd=ROOT, capture_output=True).returncode == 0


def run(kind: str, python: str, url: str, count: int) -> dict[str, Any]:
    """Measure one instrumentation in a process of its own; a peer that fails says why."""
    with tempfile.TemporaryDirectory(prefix="windvane-instrument-") as name, endpoint(Path(name), up=True) as sink:
        command = [python, "-m", "benchmarks.instrument", "--work", kind, url, sink, name, str(count)]
        content = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **content}
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, env=env)
    if done.returncode:
        if kind in _OURS:
            raise SystemExit(f"{kind}: {done.stderr[-2000:]}")
        return {"does_not_run": done.stderr.strip().splitlines()[-1]}
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Run, and print the figures, and which of them miss their goal."""
    if sys.argv[1:2] == ["--work"]:
        kind, url, sink, folder, count = sys.argv[2:]
        print(json.dumps(work(kind, url, sink, folder, int(count))), flush=True)
        os._exit(0)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--calls", type=int, default=1000, help="calls of each kind, bare and instrumented (1,000)")
    parser.add_argument("--peers-python", default=sys.executable, help="an interpreter that has the peers")
    given = parser.parse_args()
    figures: dict[str, Any] = {"benchmark": "instrument"}
    with tempfile.TemporaryDirectory(prefix="windvane-instrument-") as name:
        log = Path(name, "providers.out")
        server = Child([sys.executable, "-m", "tests.servers.providers"], log, {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"})
        while not (url := log.read_text().strip()):
            time.sleep(0.1)
        try:
            for kind, (module, _) in KINDS.items():
                python = sys.executable if kind in _OURS else given.peers_python
                if not _has(python, module):
                    figures[kind] = "not installed"
                    continue
                found = run(kind, python, url, given.calls)
                figures |= {
                    f"{kind}_{each}": round(value, 1) if isinstance(value, float) else value
                    for each, value in found.items()
                }
        finally:
            server.kill()
    missed = [f"{each} {figures[each]} > {goal:g}" for each, goal in GOALS.items() if figures[each] > goal]
    report({**figures, "goals_missed": missed}, given.json)


if __name__ == "__main__":
    main()
