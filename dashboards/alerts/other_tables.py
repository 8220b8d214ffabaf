"""From `[[channel]]`, `[[budget]]` and `[[maintenance]]` to what they mean."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Final

from windvane.dashboards.alerts.cells import Cells, nearest
from windvane.dashboards.alerts.channels import check_url
from windvane.dashboards.alerts.rule import Budget, Channel, Maintenance, Severity
from windvane.dashboards.alerts.rule_table import name_of

__all__ = ["budget_of", "channel_of", "maintenance_of"]

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def channel_of(cells: Cells) -> Channel:
    """Return a channel. No fault tells its URL."""
    cells.known(("name", "url", "url_file", "severities", "match"))
    severities = cells.texts("severities", (Severity.CRITICAL, Severity.WARNING))
    for severity in severities:
        if severity not in list(Severity):
            cells.fault("severities", f"there is no severity {severity!r}", nearest(severity, list(Severity)))
    known = tuple(Severity(severity) for severity in severities if severity in list(Severity))
    return Channel(name=name_of(cells), url=_url(cells), severities=known, match=cells.map("match"))


def _url(cells: Cells) -> str:
    if ("url" in cells) == ("url_file" in cells):
        which = "both url and url_file" if "url" in cells else "neither url nor url_file"
        cells.fault("", f"{cells.named()} has {which}", "give it one: url_file names a file that holds the URL alone")
        return ""
    if "url" in cells:
        key, url = "url", str(cells.raw("url", str, default="")).strip()
    else:
        key, path = "url_file", cells.path.parent / cells.text("url_file")
        try:
            url = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            cells.fault(key, f"{path} cannot be read: {why}", "name a file, from where this one is, with the URL in it")
            return ""
    if wrong := check_url(url):
        cells.fault(key, f"the {key} of {cells.named()} cannot be used: {wrong}", "then try: windvane alerts send NAME")
    return url


def budget_of(cells: Cells) -> Budget:
    """Return a budget."""
    cells.known(("scope", "name", "period", "usd"))
    usd = cells.number("usd")
    if usd is None and "usd" not in cells:
        cells.fault("", "[[budget]] has no usd", "add usd = 100")
    elif usd is not None and usd <= 0:
        cells.fault("usd", f"usd is {usd:g}", "write what may be spent in US dollars, more than 0")
    for key, remedy in {"scope": '"service", "team", "user" or "key"', "period": '"day" or "month"'}.items():
        if key not in cells:
            cells.fault("", f"[[budget]] has no {key}", f"add {key} = {remedy}")
    return Budget(
        scope=cells.choice("scope", ("service", "team", "user", "key"), "service"),
        name=cells.text("name", "*"), period=cells.choice("period", ("day", "month"), "month"), usd=usd or 0.0,
    )  # fmt: skip


def maintenance_of(cells: Cells) -> Maintenance:
    """Return a window: once, or every week."""
    cells.known(("name", "match", "starts", "ends", "days", "opens", "closes"))
    name, match = name_of(cells), cells.map("match")
    once, weekly = ("starts" in cells, "ends" in cells), ("days" in cells, "opens" in cells, "closes" in cells)
    if any(once) == any(weekly) or any(once) != all(once) or any(weekly) != all(weekly):
        remedy = 'give it starts and ends, or days = ["sat"], opens = "22:00" and closes = "06:00"'
        cells.fault("", f"{cells.named()} does not say when", remedy)
        return Maintenance(name=name, match=match)
    if all(once):
        starts, ends = _moment(cells, "starts"), _moment(cells, "ends")
        if starts and ends and starts >= ends:
            cells.fault("ends", "it ends before it starts", "write a later time")
        return Maintenance(name=name, match=match, starts=starts, ends=ends)
    days = cells.texts("days")
    for day in days:
        if day not in _DAYS:
            cells.fault("days", f"there is no day {day!r}", nearest(day, _DAYS))
    chosen = tuple(_DAYS.index(day) for day in days if day in _DAYS)
    return Maintenance(
        name=name, match=match, days=chosen, opens=_clock(cells, "opens"), closes=_clock(cells, "closes")
    )


def _moment(cells: Cells, key: str) -> datetime | None:
    value: datetime | None = cells.raw(key, datetime)
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def _clock(cells: Cells, key: str) -> time:
    value = cells.text(key)
    try:
        return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time of day, in UTC as all of them
    except ValueError:
        cells.fault(key, f'{key} is "{value}"', 'write a time of day in UTC, as in "22:00"')
        return time(0)
