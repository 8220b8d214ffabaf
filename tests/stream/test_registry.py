"""Detectors by name: ours, river's, an installed package's; a wrong name is said at once, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import river.anomaly
import river.drift
import river.drift.binary

from tests.stream.traffic import cut, shifting
from windvane.errors import ConfigError
from windvane.stream.registry import make_detector, make_pipeline
from windvane.stream.testing import batch_of

WRAPPERS = {"QuantileFilter", "ThresholdFilter", "DriftRetrainingClassifier", "PeriodicTrigger"}
"""They need another of river's objects, which no setting can name; the last is announced by river and missing."""


def classes(names: list[str]) -> list[str]:
    return [name for name in names if name[0].isupper()]


@pytest.mark.parametrize(
    "spec",
    [
        *(f"river.drift.{name}() on latency" for name in classes(river.drift.__all__)),
        *(f"river.drift.binary.{name} on error" for name in classes(river.drift.binary.__all__)),
        *(f"river.drift.binary.{name}() on latency > 2.5" for name in classes(river.drift.binary.__all__)),
        *(f"river.anomaly.{name}() on gen_ai.usage.output_tokens > 0.99" for name in classes(river.anomaly.__all__)),
    ],
)
def test_any_detector_of_rivers_can_be_named(spec: str) -> None:
    if any(name in spec for name in WRAPPERS):
        with pytest.raises(ConfigError):
            make_detector(spec)
        return
    pipeline = make_pipeline([spec])
    for events in cut(shifting(400), 0):
        pipeline.score(batch_of(events))
    heir = make_pipeline([spec])
    heir.load(list(pipeline.pages(whole=True)))
    assert pipeline.failures == heir.failures == {}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("no_such", "Known: .*baseline"),
        ("river.drift.ADWIN", "Write it as one of"),
        ("river.drift.ADWIN() on latency > 1.2.3", "Write it as one of"),
        ("river.os.system() on latency", "Write it as one of"),
        ("river.drift.NoSuch() on latency", "it has ADWIN"),
        ("river.drift.DriftRetrainingClassifier() on latency", "it has ADWIN"),
        ("river.drift.ADWIN() on no_such", "latency, output_tokens and error are"),
        ("river.drift.ADWIN() on prompt", "Watch latency"),
        ("river.drift.ADWIN(0.1) on latency", "name the parameters"),
        ("river.drift.ADWIN(alpha=1) on latency", "See the parameters of river.drift.ADWIN"),
        ("river.drift.ADWIN(delta=x) on latency", "See the parameters"),
        ("river.drift.ADWIN(delta=) on latency", "See the parameters"),
        ("river.drift.ADWIN(delta=__import__('os')) on latency", "See the parameters"),
        ("river.drift.KSWIN(alpha=7) on latency", "See the parameters"),
        ("river.drift.ADWIN() on latency > 3", "have a threshold"),
        ("novelty on", "cannot be read"),
        ("novelty(2) on latency", "cannot be read"),
        ("novelty on prompt", "is no number"),
        ("novelty on no_such", "is no number"),
        ("river.drift.binary.DDM() on latency", "have a threshold"),
        ("river.drift.binary.DDM() on error > 1", "have a threshold"),
        ("river.anomaly.HalfSpaceTrees() on latency", "have a threshold"),
    ],
)
def test_a_wrong_name_is_an_error_that_says_what_to_write(spec: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        make_detector(spec)
    assert spec in str(raised.value)


def test_a_detector_is_named_once() -> None:
    with pytest.raises(ConfigError, match="two detectors are named 'baseline'"):
        make_pipeline(["baseline", "baseline"])


PLUGIN = """
import numpy
from windvane.stream.detector import EventSignal
from windvane.stream.baseline import Baseline

class Lengths(EventSignal):
    name = "acme.length"
    def score(self, batch):
        return numpy.array([len(text or "") for text in batch.cells("gen_ai_output_messages")], float)

def shouting(batch):
    return numpy.array([(text or "").count("!") for text in batch.cells("gen_ai_output_messages")], float)

class Eager(Baseline):
    name = "eager"
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a package with a signal and detectors of its own; return its list of entry points."""
    (tmp_path / "acme_plugin.py").write_text(PLUGIN)
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    return info / "entry_points.txt"


def test_an_installed_package_brings_signals_and_detectors(installed: Path) -> None:
    installed.write_text(
        "[windvane.signals]\nany = acme_plugin:Lengths\nacme.shouting = acme_plugin:shouting\n"
        "[windvane.detectors]\neager = acme_plugin:Eager\n"
    )
    pipeline = make_pipeline(["eager", "baseline"])
    scored = pipeline.score(batch_of([{"response": "four"}, {"response": "no!!"}]))
    assert scored.values["acme.length"].tolist() == [4.0, 4.0]
    assert scored.values["acme.shouting"].tolist() == [0.0, 2.0] and pipeline.detectors[0].name == "eager"


@pytest.mark.parametrize("points", [
    "[windvane.signals]\nany = acme_plugin:Eager\n",
    "[windvane.signals]\nany = acme_plugin:NoSuch\n",
    "[windvane.detectors]\neager = acme_plugin:Lengths\n",
    "[windvane.detectors]\neager = no_such_module:Eager\n",
])  # fmt: skip
def test_what_an_installed_package_promises_and_does_not_have_is_an_error(installed: Path, points: str) -> None:
    installed.write_text(points)
    with pytest.raises(ConfigError, match="remove"):
        make_pipeline(["eager"])
