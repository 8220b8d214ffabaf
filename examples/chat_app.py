"""An app that tells windvane about its model calls.

windvane up                        # in one terminal
python examples/chat_app.py        # in another
windvane sql "SELECT gen_ai_input_messages, gen_ai_output_messages FROM texts"
"""

from __future__ import annotations

import random
import time

import windvane


class TooManyRequests(Exception):
    """What a provider raises when it is asked too often."""


def call_model(prompt: str) -> str:
    """Stand in for a provider's library: it answers after a moment, and now and then it fails."""
    time.sleep(random.uniform(0.005, 0.03))
    if random.random() < 0.1:
        raise TooManyRequests
    return f"You asked: {prompt}"


def answer(prompt: str, user: str) -> str | None:
    """Ask the model, and tell how it went: `emit` takes a few microseconds, never blocks, never raises."""
    began = time.perf_counter()
    call = {"model": "small-1", "provider": "acme", "operation": "chat", "prompt": prompt, "user": user}
    try:
        said = call_model(prompt)
    except TooManyRequests as error:
        windvane.emit(call, error=type(error).__name__, latency=time.perf_counter() - began)
        return None
    windvane.emit(
        call,
        response=said,
        input_tokens=len(prompt.split()),
        output_tokens=len(said.split()),
        latency=time.perf_counter() - began,
        tags={"region": "eu"},
    )
    return said


def main() -> None:
    """Make some calls, then wait until all they told is safe."""
    # The endpoint may be kafka://host:port as well; without arguments it is read from WINDVANE_ENDPOINT.
    windvane.init(service="chat-app")
    for number in range(40):
        answer(f"What is {number} times {number}?", user=f"user-{number % 5}")
    print("all delivered:", windvane.flush(10))
    print(windvane.stats())


if __name__ == "__main__":
    main()
