"""What went wrong in a simulation, and what was noticed of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from windvane.cli.simulation.incidents import INCIDENTS
from windvane.cli.simulation.verdict import IN_TIME_S, judge
from windvane.dashboards.alerts.change import Change, State
from windvane.storage.reader import Reader

__all__ = ["report"]


def report(reader: Reader, name: str, start_us: int, hours: float, alerts: Sequence[Change]) -> Iterator[str]:
    """Yield the lines that tell it: each incident, and under it the changes of state of its services' series.

    `name` is what the ids of the simulation begin with. A change belongs to the last incident that had begun on its
    service by then; what fired without any is told as such. `alerts` are what the rules said.
    """
    query = (
        "SELECT time, signal, state, service_name, says FROM signal_changes"
        f" WHERE startsWith(event_id, '{name}-') AND signal != 'baseline' ORDER BY time"
    )
    changes = reader.rows(query)
    start = datetime.fromtimestamp(start_us / 1e6, UTC)
    fired = [change for change in changes if change["state"] == "fired"]
    about = [((_time(change) - start).total_seconds(), change["service_name"], change["signal"]) for change in fired]
    verdict = judge(about, hours)
    strays = [fired[place] for place in verdict.strays]
    begins = [start + timedelta(hours=hours * incident.begins) for incident in INCIDENTS]
    owners = [None if change in strays else _owner(change, begins) for change in changes]
    yield "What went wrong in them, and what was noticed (times of the events, in UTC):"
    for number, incident in enumerate(INCIDENTS):
        ends = start + timedelta(hours=hours * incident.ends)
        yield f"\n  {begins[number]:%H:%M} to {ends:%H:%M}  {incident.title} ({', '.join(incident.services)})"
        yield from _lines([change for change, owner in zip(changes, owners, strict=True) if owner == number])
    if strays:
        yield "\n  Without an incident"
        yield from _lines(strays)
    missed = verdict.missed()
    wanted = sum(len(incident.expect) for incident in INCIDENTS)
    yield (
        f"\n{wanted - len(missed)} of the {wanted} signals that should fire did within {IN_TIME_S:.0f} s;"
        f" {len(strays) or 'nothing'} fired without an incident."
    )
    yield from (f"  {incident}: {signal} did not" for incident, signal in missed)
    yield from _alerts(alerts, start, hours)


def _alerts(alerts: Sequence[Change], start: datetime, hours: float) -> Iterator[str]:
    told = [change for change in alerts if change.notification and change.state is State.FIRING]
    about = [((change.time - start).total_seconds(), change.labels.get("service", ""), change.rule) for change in told]
    verdict = judge(about, hours)
    first = {name: min(delays.items(), key=itemgetter(1)) for name, delays in verdict.delays.items() if delays}
    soon = sum(delay <= IN_TIME_S for _, delay in first.values())
    delays = ", ".join(f"{name} after {delay:.0f} s by {rule}" for name, (rule, delay) in first.items())
    yield (
        f"\n{soon} of the {len(INCIDENTS)} incidents were alerted within {IN_TIME_S:.0f} s ({delays});"
        f" {len(verdict.strays) or 'no'} alerts without an incident."
    )
    yield from (f"  {told[place].time:%H:%M:%S} {told[place].rule}: {told[place].says}" for place in verdict.strays)


def _time(change: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(change["time"]).replace(tzinfo=UTC)


def _owner(change: dict[str, Any], begins: list[datetime]) -> int | None:
    begun = [
        number
        for number, incident in enumerate(INCIDENTS)
        if change["service_name"] in incident.services and begins[number] <= _time(change)
    ]
    return begun[-1] if begun else None


def _lines(changes: list[dict[str, Any]]) -> Iterator[str]:
    for change in changes:
        about = f"{change['service_name']}: {change['says']} [{change['signal']}]"
        yield f"    {change['time'][11:19]}  {change['state']:9}  {about}"
    if not changes:
        yield "    no series signal fired"
