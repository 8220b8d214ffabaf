"""The simulated services: who calls which model, how much, and what is said."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

__all__ = ["SERVICES", "Service", "documents", "grounded_answer", "question", "styled", "ungrounded_answer"]


@dataclass(frozen=True, slots=True)
class Service:
    """One app: its model, its share of the traffic, and the usual size of its calls."""

    name: str
    provider: str
    model: str
    share: float
    prompt_name: str
    input_tokens: float
    output_tokens: float
    seconds_per_token: float
    retrieves: bool = False


SERVICES: Final = (
    Service("support-chat", "openai", "gpt-4o-mini", 0.40, "support/answer", 420, 120, 0.011),
    Service("code-assistant", "anthropic", "claude-3-5-sonnet", 0.25, "code/complete", 1800, 260, 0.016),
    Service("policy-search", "mistral_ai", "mistral-large", 0.20, "policy/cite", 1400, 90, 0.013, retrieves=True),
    Service("travel-agent", "anthropic", "claude-3-5-haiku", 0.15, "travel/plan", 900, 200, 0.009),
)

_THINGS: Final = (
    "invoice",
    "parcel",
    "refund",
    "seat",
    "booking",
    "warranty",
    "voucher",
    "account",
    "delivery",
    "contract",
)
_PLACES: Final = ("Lisbon", "Oslo", "Turin", "Ghent", "Porto", "Malmo", "Graz", "Leeds", "Nantes", "Brno")
_TEAMS: Final = ("billing", "logistics", "claims", "travel", "legal", "support")
_VERBS: Final = ("approve", "cancel", "extend", "transfer", "check", "renew", "reopen", "confirm")


def question(chance: random.Random) -> str:
    """Return what somebody asks."""
    verb, thing, place = chance.choice(_VERBS), chance.choice(_THINGS), chance.choice(_PLACES)
    return chance.choice(
        (
            f"How do I {verb} the {thing} for {place}?",
            f"Please {verb} my {thing}; the one sent to {place} on the {chance.randint(1, 28)}th.",
            f"Who can {verb} a {thing} when the {chance.choice(_TEAMS)} team is away?",
        )
    )


def documents(chance: random.Random) -> tuple[list[str], list[str]]:
    """Return retrieved documents, and the facts in them."""
    facts = [
        f"A {chance.choice(_THINGS)} from {chance.choice(_PLACES)} takes {chance.randint(2, 30)} days"
        f" and is handled by the {chance.choice(_TEAMS)} team."
        for _ in range(4)
    ]
    filler = "Requests are read in the order in which they arrive. The office is closed on public holidays."
    return [f"{facts[0]} {filler} {facts[1]}", f"{filler} {facts[2]} {facts[3]}"], facts


def grounded_answer(chance: random.Random, facts: list[str]) -> str:
    """Return an answer that says what the documents say."""
    return f"According to the policy: {chance.choice(facts)} {chance.choice(facts)}"


def ungrounded_answer(chance: random.Random) -> str:
    """Return an answer that no document supports."""
    _, invented = documents(chance)
    year, name = chance.randint(1990, 2024), chance.choice(_PLACES)
    return f"Since {year}, director {name}-Hart guarantees: {invented[0]} {invented[1]}"


def styled(chance: random.Random, tokens: int, *, swapped: bool) -> str:
    """Return an answer of about this many tokens, in the usual model's style or in another's."""
    if swapped:
        points = [f"- {chance.choice(_VERBS).title()} the {chance.choice(_THINGS)}" for _ in range(max(1, tokens // 8))]
        return "Certainly! Here is an overview:\n" + "\n".join(points) + "\nI hope this helps!"
    sentences = []
    for _ in range(max(1, tokens // 12)):
        team, verb = chance.choice(_TEAMS), chance.choice(_VERBS)
        sentences.append(f"The {team} team will {verb} the {chance.choice(_THINGS)} in {chance.choice(_PLACES)}.")
    return " ".join(sentences)
