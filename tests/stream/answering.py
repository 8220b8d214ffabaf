"""Events of a model that answers, of one that answers otherwise, and of people who ask otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.stream.traffic import Event

__all__ = ["answer", "answering", "conversation", "question"]

_WORDS = "order parcel refund account card price delivery invoice number address country weight colour size".split()
START = 1_700_000_000


def question(chance: np.random.Generator, *, kind: str = "usual") -> str:
    """Return what a person asks: a `usual` question of a customer, or `code` to look at."""
    first, second = chance.choice(_WORDS, 2)
    if kind == "code":
        return (
            f"def {first}({second}):\n    return {second} + {chance.integers(9)}\n\nFix this, it fails; {first} = None"
        )
    return f"How do I change the {first} of my {second}{' today' * int(chance.integers(3))}?"


def answer(chance: np.random.Generator, *, model: str = "chatty") -> str:
    """Return what a `chatty` or a `terse` model says."""
    words = chance.choice(_WORDS, 12)
    if model == "terse":
        return f"Change the {words[0]} in your {words[1]}. Then wait."
    asked = " ".join(f"Please check the {word}, too." for word in words[2 : 3 + chance.integers(6)])
    return f"Certainly! I am happy to help you with your {words[0]}. First, open your {words[1]} page. {asked}"


def conversation(count: int, *, model: str = "chatty", kind: str = "usual", seed: int = 0, at: int = 0,
                 **more: Any) -> list[Event]:  # fmt: skip
    """Return calls of one service a second apart, from the `at`-th second on."""
    chance = np.random.default_rng([seed, at])
    return [
        {
            "id": f"e{at + number}",
            "time": START + at + number,
            "service": "s0",
            "prompt": question(chance, kind=kind),
            "response": answer(chance, model=model),
            **more,
        }
        for number in range(count)
    ]


def answering(*, series: int = 3, seed: int = 0) -> list[Event]:
    """Return events of some services whose model answers otherwise for a while; some lack an answer or a prompt."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(1500):
        event: Event = {
            "id": f"e{number}",
            "time": START + number + round(float(chance.normal(0, 5)), 3),
            "service": f"s{chance.integers(series)}",
            "prompt": question(chance),
            "response": answer(chance, model="terse" if 600 <= number < 1000 else "chatty"),
        }
        if chance.random() < 0.05:
            del event["prompt" if chance.random() < 0.5 else "response"]
        made.append(event)
    return made
