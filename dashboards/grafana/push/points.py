"""Contact points."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from windvane.dashboards.grafana.api import Sends
from windvane.dashboards.grafana.contact import UID, Contacts
from windvane.dashboards.grafana.difference import REDACTED, difference, likened
from windvane.dashboards.grafana.push.step import Step
from windvane.errors import GrafanaError

__all__ = ["old_point_steps", "point_steps"]

_PATH: Final = "/v1/provisioning/contact-points"
_OPEN: Final = frozenset({"addresses", "singleEmail", "httpMethod", "username", "recipient", "severity"})
"""Settings that may be shown. Of the others, only whether they are the same."""

Point = dict[str, Any]


def point_steps(grafana: Sends, told: Contacts) -> Iterator[Step]:
    """Yield what brings the contact points to where they should be. What Grafana does not show is written again.

    Raises:
        GrafanaError: one of the user's has such a name or uid, or Grafana does not answer.
    """
    there = _there(grafana)
    for ours in told.points:
        theirs, name = there.get(ours["uid"]), f"contact point {ours['name']} ({ours['type']})"
        if any(point["name"] == ours["name"] and not _is_ours(point) for point in there.values()):
            raise GrafanaError(f"there is a {name} that is not ours; give it, or the channels, another name")
        if theirs and theirs.get("provenance") == "file":
            raise GrafanaError(f"the {name} comes from a provisioning file; keep to one way: files, or pushing")
        if theirs is None:
            diff = difference(name, None, _veiled(ours, ours))
            yield Step(name=name, diff=diff, method="POST", path=_PATH, body=ours)
            continue
        shown = _veiled(ours, ours)
        diff = difference(name, likened(_veiled(theirs, ours), shown), shown)
        if not diff and REDACTED in theirs["settings"].values():
            diff = f"# {name}: written again, as Grafana does not show all of it\n"
        if diff:
            yield Step(name=name, diff=diff, method="PUT", path=f"{_PATH}/{ours['uid']}", body=ours)


def old_point_steps(grafana: Sends, told: Contacts) -> Iterator[Step]:
    """Yield what takes away contact points of ours that no rule needs any more."""
    needed = {point["uid"] for point in told.points}
    for uid, point in _there(grafana).items():
        if _is_ours(point) and uid not in needed:
            name = f"contact point {point['name']} ({point['type']})"
            yield Step(name=name, diff=f"# {name}: no rule needs it: deleted\n", method="DELETE",
                       path=f"{_PATH}/{uid}")  # fmt: skip


def _there(grafana: Sends) -> dict[str, Point]:
    return {point.get("uid", ""): point for point in grafana.send("GET", _PATH) or []}


def _is_ours(point: Mapping[str, Any]) -> bool:
    return bool(re.fullmatch(UID, point.get("uid", "")))


def _veiled(point: Point, ours: Point) -> Point:
    """Return a contact point without its secrets: those that are not as ours can still be told apart."""

    def veiled(key: str, value: object) -> object:
        if key in _OPEN:
            return value
        return "(as it should be)" if value in (REDACTED, ours["settings"].get(key)) else "(another)"

    return {**point, "settings": {key: veiled(key, value) for key, value in point["settings"].items()}}
