"""The simulated calls, in order of time."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

from windvane.cli.simulation import services
from windvane.cli.simulation.incidents import Incident, running
from windvane.cli.simulation.services import SERVICES, Service

__all__ = ["run_name", "simulate"]


def run_name(seed: int, start_us: int) -> str:
    """Return what the ids of one simulation begin with."""
    return f"sim-{seed}-{start_us // 1_000_000}"


def simulate(
    *, seed: int = 0, hours: float = 6.0, calls_per_hour: int = 3000, start_us: int
) -> Iterator[dict[str, Any]]:
    """Yield the calls of `hours` hours of event time from `start_us` on, as plain events, in order of time.

    Each carries the tag `simulated`, and one that an incident touches the tag `incident` with its name. Ids follow
    from seed and start, so the same arguments give the same events.
    """
    chance = random.Random(seed)
    span_s, at_s, number = hours * 3600, 0.0, 0
    name = run_name(seed, start_us)
    while True:
        # Busier in the middle than at the ends, as days are.
        rate = calls_per_hour / 3600 * (0.7 + 0.6 * math.sin(math.pi * at_s / span_s))
        at_s += chance.expovariate(rate)
        if at_s >= span_s:
            return
        service = chance.choices(SERVICES, [service.share for service in SERVICES])[0]
        incident = running(at_s / span_s)
        touched = incident if incident and service.name in incident.services else None
        event = _call(chance, service, touched, at_s / span_s)
        event["id"] = f"{name}-{number:07}"
        event["time"] = (start_us + round(at_s * 1e6)) / 1e6
        event["trace_id"] = f"{chance.getrandbits(128):032x}"
        yield event
        number += 1
        if chance.random() < 0.02 and "error" not in event:
            number += 1
            yield _feedback(chance, event, f"{name}-{number - 1:07}")


def _call(chance: random.Random, service: Service, incident: Incident | None, share: float) -> dict[str, Any]:
    name = incident.name if incident else ""
    swapped = name == "model_swap"
    tags = {
        "simulated": "true",
        "region": chance.choice(("eu", "us", "ap")),
        "tenant": f"tenant-{chance.randint(1, 8)}",
    }
    if incident:
        tags["incident"] = incident.name
    event: dict[str, Any] = {
        "service": service.name, "provider": service.provider, "model": service.model, "operation": "chat",
        "prompt_name": service.prompt_name, "prompt_version": "3", "version": "1.4.0" if share < 0.2 else "1.4.1",
        "user": f"user-{chance.randint(1, 400)}", "session": f"session-{chance.randint(1, 2000)}", "tags": tags,
        "prompt": services.question(chance),
    }  # fmt: skip
    input_tokens = service.input_tokens * chance.lognormvariate(0, 0.35)
    output_tokens = service.output_tokens * chance.lognormvariate(0, 0.4) * (1.9 if swapped else 1)
    if name == "runaway_cost" and chance.random() < 0.7:
        event["user"] = "user-13"
        input_tokens *= 14
        event["prompt"] = " ".join([event["prompt"]] * 12)
    event["input_tokens"] = max(1, round(input_tokens))
    event["cached_tokens"] = round(event["input_tokens"] * chance.choice((0, 0, 0.5)))
    event["response_model"] = service.model + ("-2024-11-20" if swapped else "")
    if name == "provider_outage" and chance.random() < 0.6:
        event |= {"error": chance.choice(("503", "timeout", "529")), "latency": round(chance.uniform(5, 30), 3)}
        return event
    if chance.random() < 0.004:
        return event | {"error": "429", "latency": round(chance.uniform(0.05, 0.3), 3)}
    event |= _answer(chance, service, name, max(1, round(output_tokens)))
    return event


def _answer(chance: random.Random, service: Service, incident: str, output_tokens: int) -> dict[str, Any]:
    slow = 2.5 if incident == "latency_regression" else 1.0
    first = 0.35 * chance.lognormvariate(0, 0.25) * slow
    latency = first + output_tokens * service.seconds_per_token * chance.lognormvariate(0, 0.2) * slow
    answer: dict[str, Any] = {
        "output_tokens": output_tokens, "ttft": round(first, 4), "latency": round(latency, 4),
        "finish_reasons": ["length" if output_tokens > 900 else "stop"],
    }  # fmt: skip
    if service.retrieves:
        context, facts = services.documents(chance)
        said = (
            services.ungrounded_answer(chance) if incident == "ungrounded" else services.grounded_answer(chance, facts)
        )
        return answer | {"context": context, "response": said}
    return answer | {"response": services.styled(chance, output_tokens, swapped=incident == "model_swap")}


def _feedback(chance: random.Random, event: dict[str, Any], name: str) -> dict[str, Any]:
    bad = event["tags"].get("incident") in ("model_swap", "ungrounded", "latency_regression")
    good = chance.random() < (0.35 if bad else 0.85)
    return {
        "id": name, "time": event["time"] + 1e-3, "service": event["service"], "model": event["model"],
        "operation": "feedback", "user": event["user"], "session": event["session"], "target_id": event["id"],
        "evaluation": "thumbs", "score": 1.0 if good else 0.0, "label": "up" if good else "down",
        "tags": {"simulated": "true"},
    }  # fmt: skip
