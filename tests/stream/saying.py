"""Events of which the signals have something to say: the conformance suite asks every signal about all of them."""

from __future__ import annotations

from typing import Any

__all__ = ["SAYING"]

_DOCUMENTS = [
    "The museum opened in 1912. It holds 4,300 paintings, most of them Dutch. Tickets cost 12 euros.",
    "Opening hours: Tuesday to Sunday, 10:00 to 18:00. The museum is closed on Mondays.",
]

SAYING: tuple[dict[str, Any], ...] = (
    {
        "prompt": "When did the museum open, and what does a ticket cost?",
        "context": _DOCUMENTS,
        "response": "It opened in 1912. A ticket costs 15 euros. Napoleon visited it on 3 May 1805.",
    },
    {
        "prompt": [
            {"role": "system", "content": "Answer in JSON."},
            {"role": "user", "content": "¿Cuándo abrió el museo? Contesta en español."},
        ],
        "context": [*_DOCUMENTS, _DOCUMENTS[0]],
        "response": '{"answer": "El museo abrió en 1912.", "confidence": 0.9}',
        "output_type": "json",
    },
    {
        "prompt": "博物馆什么时候开放？",
        "context": ["博物馆于1912年开放。"],
        "response": "1912年开放，门票12欧元。",
    },
    {"prompt": "Write a poem", "response": "I'm sorry, but as an AI language model I cannot help with that."},
)
