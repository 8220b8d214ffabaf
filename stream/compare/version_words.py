"""A difference between two versions in one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from windvane.stream.compare.states import FIRED, GONE, RECOVERED
from windvane.stream.evidence import evidence

__all__ = ["COLUMNS", "told"]

COLUMNS: Final = (
    "error_type",
    "gen_ai_client_operation_duration",
    "cost",
    "gen_ai_usage_output_tokens",
    "gen_ai_evaluation_score_value",
    "groundedness",
)
"""What each measure is of, in the order of `paired.MEASURES`."""
_KINDS: Final = ("prompt version", "model", "release")


class _Words(NamedTuple):
    what: str
    says: str
    shown: Callable[[float], str]
    ratio: bool = False


_MEASURES: Final = (
    _Words("the share of failed calls", "fails {} of its calls", lambda value: f"{100 * value:.2g} %"),
    _Words("latency", "typically takes {} a call", lambda value: f"{value:.3g} s", ratio=True),
    _Words("cost", "typically costs {} a call", lambda value: f"{value:.2g} USD", ratio=True),
    _Words("output tokens", "typically answers with {}", lambda value: f"{value:.3g} tokens", ratio=True),
    _Words("feedback", "is rated {} on average", lambda value: f"{value:.3g}"),
    _Words("groundedness", "has a groundedness of {} on average", lambda value: f"{value:.2f}"),
)


def told(entry: Any, new: str, old: str) -> dict[str, Any]:
    """Return the evidence of one entry of `versions.TOLD`, of the versions by these names."""
    measure, words, kind = int(entry["measure"]), _MEASURES[entry["measure"]], _KINDS[entry["axis"]]
    feature = f"{COLUMNS[measure]}, {kind} {new} against {old}"
    pair = f"{kind} {new} and {old}"
    if entry["state"] == RECOVERED:
        left = math.expm1(entry["new"]) if words.ratio else float(entry["new"])
        return evidence(
            feature, f"{pair} no longer differ in {words.what}, in their last {entry['new_n']} calls side by side",
            current=left, current_n=int(entry["new_n"]),
        )  # fmt: skip
    if entry["state"] == GONE:
        return evidence(feature, f"{pair} are no longer live side by side: one has had no traffic for an hour")
    if entry["state"] != FIRED:
        return evidence(feature, f"{pair} have differed in {words.what} for a week: taken as what is usual")
    values = [math.exp(entry[name]) if words.ratio else float(entry[name]) for name in ("new", "old")]
    says = (
        f"{kind} {new} {words.says.format(words.shown(values[0]))}, {kind.split()[-1]} {old} {words.shown(values[1])}"
        f" ({_difference(entry, words)}, 95 % at any time), {entry['new_n']:,} and {entry['old_n']:,} calls"
    )
    return evidence(
        feature, says, baseline=values[1], baseline_n=int(entry["old_n"]), current=values[0],
        current_n=int(entry["new_n"]), low=float(f"{entry['low']:.6g}"), high=float(f"{entry['high']:.6g}"),
    )  # fmt: skip


def _difference(entry: Any, words: _Words) -> str:
    low, high = sorted((abs(entry["low"]), abs(entry["high"])))
    more = entry["low"] > 0
    if words.ratio:
        ends = sorted(abs(math.expm1(entry[name])) * 100 for name in ("low", "high"))
        return f"{ends[0]:.0f} to {ends[1]:.0f} % {'more' if more else 'less'}"
    if words.says.startswith("fails"):
        return f"{100 * low:.1f} to {100 * high:.1f} points {'more' if more else 'less'}"
    return f"{low:.2g} to {high:.2g} {'higher' if more else 'lower'}"
