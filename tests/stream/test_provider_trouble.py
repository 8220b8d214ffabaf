"""A provider's trouble: told when several services see it, with whether the other providers are in trouble, too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.stream.traffic import Event
from windvane.cli.simulation import INCIDENTS, simulate
from windvane.stream.compare.provider_trouble import ProviderTrouble
from windvane.stream.detector import Change
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

START = 1_700_000_000
SERVICES = (("chat", "acme"), ("search", "acme"), ("mail", "other"), ("code", "other"))


def changes(events: list[Event]) -> list[Change]:
    return Pipeline([ProviderTrouble()]).score(batch_of(events)).changes


def traffic(ill: Callable[[str, str], Event | None], *, share: float = 0.6, seed: int = 0) -> list[Event]:
    """Return 100 minutes of calls; from the 60th to the 80th a `share` of them is what `ill` makes of it."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(3000):
        service, provider = SERVICES[chance.integers(len(SERVICES))]
        level = {"chat": 1.0, "search": 4.0, "mail": 2.0, "code": 9.0}[service]
        event: Event = {"service": service, "provider": provider, "time": START + 2 * number,
                        "latency": level * float(chance.lognormal(0, 0.3))}  # fmt: skip
        said = ill(service, provider) if 1800 <= number < 2400 and chance.random() < share else None
        if said and "slower" in said:
            event["latency"] *= said["slower"]
        elif said:
            event |= said
        elif chance.random() < 0.005:
            event["error"] = "429"
        made.append(event)
    return made


@pytest.mark.parametrize(
    "error",
    ["503", "529", "timeout", "RateLimitError", "APIConnectionError", "HTTP 502 Bad Gateway", "ThrottlingException"],
)
def test_an_outage_is_told_within_a_minute_and_ends(error: str) -> None:
    fired, recovered = changes(traffic(lambda _, provider: {"error": error} if provider == "acme" else None))
    assert (fired.state, recovered.state) == ("fired", "recovered")
    assert fired.row < 1830 and 2400 <= recovered.row < 2520
    assert abs(fired.since_us / 1e6 - START - 3600) < 60
    told = fired.evidence
    assert told["provider"] == "acme" and {name for name, _ in told["moved"]} == {"chat", "search"}
    assert "none is in trouble" in told["says"] and told["baseline"] < 0.03 < 0.3 < told["current"]
    assert (recovered.series, recovered.evidence["feature"]) == (fired.series, told["feature"])


def test_a_slow_provider_is_told_whatever_is_usual_for_each_service() -> None:
    fired, recovered = changes(traffic(lambda _, provider: {"slower": 3} if provider == "acme" else None, share=1.0))
    assert (fired.state, recovered.state) == ("fired", "recovered")
    assert fired.evidence["feature"] == "acme latency" and fired.row < 1900 and recovered.row >= 2400


def test_trouble_of_one_service_is_not_its_provider() -> None:
    for seed in range(5):
        assert changes(traffic(lambda service, _: {"error": "503"} if service == "chat" else None, seed=seed)) == []
        assert changes(traffic(lambda service, _: {"slower": 5} if service == "chat" else None, seed=seed)) == []


def test_requests_that_are_wrong_are_not_the_providers_trouble() -> None:
    assert changes(traffic(lambda _, provider: {"error": "400"} if provider == "acme" else None)) == []
    assert changes(traffic(lambda _, provider: {"error": "content_filter"} if provider == "acme" else None)) == []


def test_where_all_providers_are_in_trouble_it_says_that_it_is_probably_us() -> None:
    found = [one for one in changes(traffic(lambda *_: {"error": "timeout"})) if one.state == "fired"]
    assert {one.evidence["provider"] for one in found} == {"acme", "other"}
    assert "probably the network or the app" in found[-1].evidence["says"]


def test_usual_traffic_is_quiet() -> None:
    assert [changes(traffic(lambda *_: None, seed=seed)) for seed in range(10)] == [[]] * 10


def test_a_call_that_is_dated_wrongly_does_not_blind_it() -> None:
    events = traffic(lambda _, provider: {"error": "503"} if provider == "acme" else None)
    events[1000]["time"] = "2090-01-01T00:00:00Z"
    assert [one.state for one in changes(events)] == ["fired", "recovered"]


def test_trouble_that_stays_for_six_hours_is_taken_as_usual() -> None:
    events = traffic(lambda *_: None)[:1800]
    chance = np.random.default_rng(1)
    for number in range(5000):
        ill = chance.random() < 0.6
        said: Event = {"error": "503"} if ill else {"latency": 1.0}
        place = {"service": ("chat", "search")[number % 2], "provider": "acme"}
        events.append({**place, **said, "time": START + 3600 + 10 * number})
    found = changes(events)
    assert [one.state for one in found] == ["fired", "accepted"]
    assert 6 * 3600 <= events[found[1].row]["time"] - START - 3600 < 6.5 * 3600


def test_the_demo_s_outage_is_told_within_a_minute_and_nothing_else() -> None:
    events = list(simulate(seed=0, start_us=START * 1_000_000))
    outage = next(incident for incident in INCIDENTS if incident.name == "provider_outage")
    begins = START + outage.begins * 6 * 3600
    fired, recovered = changes(events)
    assert (fired.state, recovered.state) == ("fired", "recovered")
    assert begins < events[fired.row]["time"] < begins + 60
    assert fired.evidence["provider"] == "anthropic"
    assert {name for name, _ in fired.evidence["moved"]} == {"code-assistant", "travel-agent"}
