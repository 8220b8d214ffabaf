"""Rules, by groups: a group is written as a whole, and what is not in it any more is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from windvane.dashboards.alerts.rule import Rule
from windvane.dashboards.grafana.api import Sends
from windvane.dashboards.grafana.difference import difference, likened
from windvane.dashboards.grafana.names import uid
from windvane.dashboards.grafana.push.step import Step
from windvane.dashboards.grafana.rule import every, group, groups
from windvane.errors import GrafanaError

__all__ = ["rule_steps"]

_PATH: Final = "/v1/provisioning/alert-rules"
_WHOLE: Final = frozenset({"labels", "annotations", "notification_settings"})
"""To these Grafana adds nothing."""


def rule_steps(grafana: Sends, folder: str, datasource: str, rules: Sequence[Rule],
               receivers: Mapping[str, str]) -> Iterator[Step]:  # fmt: skip
    """Yield what brings the rules to where they should be; those of ours that are no longer there are deleted.

    Raises:
        GrafanaError: a rule of the user's has a uid of ours or is in a group of ours, or Grafana does not answer.
    """
    grouped = groups(rules)
    names = {every(seconds) for seconds in grouped}
    there = grafana.send("GET", _PATH) or []
    wanted = {uid(rule.name) for rule in rules}
    for one in there:
        _check(one, folder, names, wanted)
    for seconds, some in grouped.items():
        path = f"/v1/provisioning/folder/{folder}/rule-groups/{quote(every(seconds), safe='')}"
        ours, name = group(seconds, some, folder, datasource, receivers), f"rules {every(seconds)}"
        # Asked for only where it is: of a folder that is not there yet, there is nothing to ask.
        is_there = any(one.get("folderUID") == folder and one.get("ruleGroup") == every(seconds) for one in there)
        theirs = likened(grafana.send("GET", path), ours, _WHOLE) if is_there else None
        if diff := difference(name, theirs, ours):
            yield Step(name=name, diff=diff, method="PUT", path=path, body=ours)
    for one in there:
        if _is_ours(one) and one["uid"] not in wanted and one["folderUID"] == folder and one["ruleGroup"] not in names:
            name = f"rule {one['uid']}"
            yield Step(name=name, diff=f"# {name}: it is no longer there: deleted\n", method="DELETE",
                       path=f"{_PATH}/{one['uid']}")  # fmt: skip


def _is_ours(one: Mapping[str, Any]) -> bool:
    return uid((one.get("labels") or {}).get("rule", "")) == one.get("uid")


def _check(one: Mapping[str, Any], folder: str, names: set[str], wanted: set[str]) -> None:
    name, where = f"rule {one.get('uid')} ({one.get('title')})", one.get("folderUID")
    if one.get("uid") in wanted:
        if not _is_ours(one):
            raise GrafanaError(f"there is a {name} that is not ours; delete it, or give it another uid")
        if one.get("provenance") == "file":
            raise GrafanaError(f"the {name} comes from a provisioning file; keep to one way: files, or pushing")
        if where != folder:
            raise GrafanaError(f"the {name} is in the folder {where}; push with --folder {where}, or delete it there")
    elif where == folder and one.get("ruleGroup") in names and not _is_ours(one):
        what = f"the group {one.get('ruleGroup')} has the {name}, which is not ours and would be lost"
        raise GrafanaError(f"{what}; move it to another group")
