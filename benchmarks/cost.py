"""What calls cost, against the providers' price pages; and what pricing costs.

    python -m benchmarks.cost [--json]

Each case is a call whose dollars follow from the provider's price page, worked out by hand. `exact` counts those that
come out to the nanodollar; beside it the trivial baseline, tokens times the model's two prices, which knows neither
cached tokens nor tier, batch, long prompts or the hour; and how far both are off in all.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any, Final

from benchmarks.common import events, report
from windvane.stream.features.cost.listed import listed
from windvane.stream.features.cost.priced import priced
from windvane.stream.testing import batch_of

ANTHROPIC: Final = "https://platform.claude.com/docs/en/about-claude/pricing"
OPENAI: Final = "https://developers.openai.com/api/docs/pricing"
GOOGLE: Final = "https://ai.google.dev/gemini-api/docs/pricing"
DEEPSEEK: Final = "https://api-docs.deepseek.com/quick_start/pricing"
PROVIDERS: Final = {ANTHROPIC: "anthropic", OPENAI: "openai", GOOGLE: "gcp.gemini", DEEPSEEK: "deepseek"}
NOVEMBER: Final = "2026-11-01T12:00:00Z"


@dataclass(frozen=True)
class Case:
    """A call, the dollars that it costs by its provider's page, and how they come about."""

    what: str
    source: str
    dollars: str
    model: str
    usage: dict[str, Any]
    at: str = NOVEMBER

    def event(self) -> dict[str, Any]:
        return {"provider": PROVIDERS[self.source], "model": self.model, "time": self.at, **self.usage}


def tokens(entered: int, answered: int | None = None, *, cached: int | None = None, written: int | None = None,
           reasoned: int | None = None, **more: Any) -> dict[str, Any]:  # fmt: skip
    return {"input_tokens": entered, "output_tokens": answered, "cached_tokens": cached,
            "cache_creation_tokens": written, "reasoning_tokens": reasoned, **more}  # fmt: skip


CASES: Final = (
    # 50,000 × 5 + 15,000 × 25
    Case("plain", ANTHROPIC, "0.625", "claude-opus-4-6", tokens(50_000, 15_000)),
    # 10,000 × 5 + 40,000 × 0.50 + 15,000 × 25
    Case("cached", ANTHROPIC, "0.445", "claude-opus-4-6", tokens(50_000, 15_000, cached=40_000)),
    # 10,000 × 5 + 40,000 × 6.25 + 15,000 × 25
    Case("cache written", ANTHROPIC, "0.675", "claude-opus-4-6", tokens(50_000, 15_000, written=40_000)),
    # half of 10,000 × 5 + 40,000 × 0.50 + 15,000 × 25: the discounts stack
    Case("batch, cached", ANTHROPIC, "0.2225", "claude-opus-4-6",
         tokens(50_000, 15_000, cached=40_000, batch=True)),
    # half of 2,000,000 × 3 + 200,000 × 15, in 20 calls of 100,000 and 10,000: of each 0.5 × (0.3 + 0.15)
    Case("batch", ANTHROPIC, "0.225", "claude-sonnet-4-5", tokens(100_000, 10_000, service_tier="batch")),
    Case("plain, small", OPENAI, "0.0003306", "gpt-4o-mini", tokens(1_004, 300)),
    # 86 × 0.15 + 1,920 × 0.075 + 300 × 0.60
    Case("cached", OPENAI, "0.0003369", "gpt-4o-mini", tokens(2_006, 300, cached=1_920)),
    # 86 × 2.50 + 1,920 × 1.25 + 300 × 10
    Case("cached", OPENAI, "0.005615", "gpt-4o", tokens(2_006, 300, cached=1_920)),
    # 75 × 1.10 + 1,186 × 4.40, reasoning among them
    Case("reasoning", OPENAI, "0.0053009", "o3-mini", tokens(75, 1_186, reasoned=1_024)),
    # 1,000 × 1.25 + 9,000 × 0.125 + 5,000 × 10
    Case("cached, reasoning", OPENAI, "0.052375", "gpt-5",
         tokens(10_000, 5_000, cached=9_000, reasoned=4_500)),
    # 10,000 × 0.625 + 5,000 × 5
    Case("batch", OPENAI, "0.03125", "gpt-5", tokens(10_000, 5_000, batch=True)),
    # 1,000 × 1 + 9,000 × 0.25 + 5,000 × 4
    Case("flex, cached", OPENAI, "0.02325", "o3", tokens(10_000, 5_000, cached=9_000, service_tier="flex")),
    # 10,000 × 10 + 5,000 × 40, until 2025-06-10
    Case("the price of its day", OPENAI, "0.3", "o3", tokens(10_000, 5_000), "2025-06-09T23:59:59Z"),
    Case("the price of its day", OPENAI, "0.06", "o3", tokens(10_000, 5_000), "2025-06-10T00:00:00Z"),
    Case("embeddings", OPENAI, "0.0002", "text-embedding-3-small", tokens(10_000, operation="embeddings")),
    # 1,500 × 1.25 + 10,000 × 0.125 + 11,000 × 10, thoughts among the answer
    Case("cached, thoughts", GOOGLE, "0.113125", "gemini-2.5-pro",
         tokens(11_500, 11_000, cached=10_000, reasoned=10_000)),
    Case("200,000 tokens", GOOGLE, "0.26", "gemini-2.5-pro", tokens(200_000, 1_000)),
    # above 200,000 tokens all of them cost more: 250,000 × 2.50 + 1,000 × 15
    Case("long prompt", GOOGLE, "0.64", "gemini-2.5-pro", tokens(250_000, 1_000)),
    # 50,000 × 2.50 + 200,000 × 0.25 + 1,000 × 15
    Case("long prompt, cached", GOOGLE, "0.19", "gemini-2.5-pro", tokens(250_000, 1_000, cached=200_000)),
    # 100,000 × 0.625 + 2,000 × 5
    Case("batch", GOOGLE, "0.0725", "gemini-2.5-pro", tokens(100_000, 2_000, processing="batch")),
    # 40,000 × 0.27 + 60,000 × 0.07 + 10,000 × 1.10; at night half of each
    Case("peak, cached", DEEPSEEK, "0.026", "deepseek-chat", tokens(100_000, 10_000, cached=60_000),
         "2025-08-01T12:00:00Z"),
    Case("off-peak, cached", DEEPSEEK, "0.013", "deepseek-chat", tokens(100_000, 10_000, cached=60_000),
         "2025-08-01T16:30:00Z"),
    # 40,000 × 0.56 + 60,000 × 0.07 + 10,000 × 1.68, from 2025-09-05 16:00 on
    Case("the price of its day", DEEPSEEK, "0.0434", "deepseek-chat", tokens(100_000, 10_000, cached=60_000),
         "2025-10-01T12:00:00Z"),
)  # fmt: skip


def trivial(case: Case) -> Decimal:
    """Return all input tokens at the model's input price, and all output tokens at its output price."""
    rates = listed(PROVIDERS[case.source], case.model, "", 990_000)
    price = rates.steps[0]
    paid = case.usage["input_tokens"] * price[0] + (case.usage["output_tokens"] or 0) * price[3]
    return Decimal(paid) / 10**12


def microseconds(count: int = 5_000) -> float:
    """Return the CPU time per event of pricing usual events, from columns that are there already."""
    taken = []
    for turn in range(7):
        batch = batch_of(event | {"cached_tokens": 40} for event in events(count, seed=turn))
        for name in ("tags", "attributes", "cost", "gen_ai_provider_name", "gen_ai_response_model"):
            batch.arrow(name)
        begin = time.process_time()
        priced(batch)
        taken.append((time.process_time() - begin) / count * 1e6)
    return median(taken[2:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON line")
    as_json = parser.parse_args().json
    found = priced(batch_of(case.event() for case in CASES))
    right, plain, off, plain_off, wrong = 0, 0, Decimal(0), Decimal(0), []
    for case, cost, by in zip(CASES, found.cost.tolist(), found.by.to_pylist(), strict=True):
        true = Decimal(case.dollars)
        said = Decimal(f"{cost:.9f}") if cost == cost else Decimal(0)
        right += said == true
        plain += trivial(case) == true
        off, plain_off = off + abs(said - true), plain_off + abs(trivial(case) - true)
        if said != true:
            wrong.append(f"{case.model}, {case.what}: {said} by {by}, {true} by {case.source}")
    figures: dict[str, Any] = {
        "cases": len(CASES),
        "exact": right,
        "trivial_exact": plain,
        "off_usd": float(off),
        "trivial_off_usd": float(plain_off),
        "of_usd": float(sum(Decimal(case.dollars) for case in CASES)),
        "us_per_event": round(microseconds(), 2),
        "wrong": "; ".join(wrong),
    }
    report(figures, as_json)


if __name__ == "__main__":
    main()
