"""`windvane up` judges rules and tells a webhook; killed at any moment, it neither forgets nor tells anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.sinks import Sink, sink
from tests.running import Up, until, windvane
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer
from windvane.collectors.transport.http import HttpTransport

RULES = """
[[channel]]
name = "hook"
url = "{url}"

[[rule]]
name = "failed"
title = "Calls fail"
sql = '''
SELECT service_name AS service, toFloat64(sum(activity.errors)) AS value
FROM activity WHERE step = 60 AND $__timeFilter(begins) GROUP BY service'''
labels = ["service"]
above = 0
window = "10m"
every = "5s"
message = "{{service}}: {{value}} calls fail"
todo = "Look."
link = {{board = "service", service = "service"}}
"""


@pytest.fixture
def hook() -> Iterator[Sink]:
    with sink() as running:
        yield running


def failing(up: Up, service: str) -> None:
    transport = HttpTransport(up.url)
    event = {"service": service, "model": "m", "provider": "openai", "error": "timeout", "time": time.time()}
    transport.send(list(Packer(f"app-{service}").pack([normalize(event)])))
    transport.close()


def alerts(hook: Sink) -> dict[str, list[str]]:
    """Return for each service the ids of the notifications in which it is told to fail."""
    found: dict[str, list[str]] = {}
    for told in hook.bodies:
        for alert in told["alerts"]:
            if alert["rule"] == "failed" and alert["state"] == "firing":
                found.setdefault(alert["labels"]["service"], []).append(told["id"])
    return found


def test_what_was_killed_neither_forgets_nor_tells_anew(tmp_path: Path, hook: Sink) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES.format(url=hook.url))
    up = Up(tmp_path / "up", WINDVANE_RULES=str(rules))
    # Killed before it is stored, before it is judged, and about when it is told.
    moments = (0.0, 0.8, 4.0, 5.5)
    for number, after_s in enumerate(moments):
        failing(up, f"s{number}")
        time.sleep(after_s)
        up.child.kill()
        up.start()
    services = {f"s{number}" for number in range(len(moments))}
    until(lambda: alerts(hook).keys() == services, "each service is told")
    assert all(len(set(ids)) == 1 for ids in alerts(hook).values()), "a repeat has the same id"
    unsent = "SELECT count() AS n FROM notifications WHERE state != 'sent'"
    until(lambda: up.query(unsent) == [{"n": 0}], "all are sent")

    fired = windvane("alerts", "list", "--dir", up.directory).stdout
    assert fired.count("firing") == len(moments) and "s3: 1 calls fail [failed]" in fired
    said = windvane("alerts", "silence", "--label", "service=s9", "--for", "1h", "--dir", up.directory).stdout
    assert "nobody is told of service=s9 until" in said
    silence = said.split()[1].rstrip(":")
    failing(up, "s9")
    open_alerts = "SELECT quiet FROM open_alerts WHERE labels['service'] = 's9'"
    until(lambda: up.query(open_alerts) == [{"quiet": f"silence {silence}"}], "it fires, silently")
    assert "s9" not in alerts(hook)
    assert silence in windvane("alerts", "list", "--dir", up.directory).stdout
    windvane("alerts", "silence", "--end", silence, "--dir", up.directory)
    until(lambda: "s9" in alerts(hook), "the silence has ended")
    assert up.child.terminate() == 0


def test_a_wrong_rule_is_said_before_anything_starts(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "x"\nabov = 1\n')
    done = windvane("up", "--dir", tmp_path / "up", "--port", 0, "--rules", rules, check=False)
    assert done.returncode == 1 and f"{rules}:3" in done.stderr and "above" in done.stderr
    assert not (tmp_path / "up").exists()
