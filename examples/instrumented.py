"""An app whose model calls tell of themselves. Only the first lines know of windvane.

windvane up                                          # in one terminal
OPENAI_API_KEY=… python examples/instrumented.py     # in another; OPENAI_BASE_URL says where, if not at OpenAI
windvane sql "SELECT gen_ai_request_model, gen_ai_usage_output_tokens, user_id FROM calls"
"""

from __future__ import annotations

import openai

import windvane

windvane.init(service="instrumented")
windvane.instrument()

client = openai.OpenAI()
MODEL = "gpt-4o-mini"


def answer(question: str, user: str) -> str:
    """Ask, and show the answer as it comes. Who asks is told with the call."""
    said = ""
    with windvane.context(user=user, session="s-1"):
        stream = client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}],
            stream=True,
            # Without it, OpenAI does not say how many tokens a stream took; windvane does not change the request.
            stream_options={"include_usage": True},
        )
        for chunk in stream:
            for choice in chunk.choices:
                said += choice.delta.content or ""
    return said


def main() -> None:
    """Ask two questions, then wait until what was told is safe."""
    for user in ("ann", "bob"):
        print(user, "is told:", answer("What is the capital of France?", user))
    print("all delivered:", windvane.flush(10))


if __name__ == "__main__":
    main()
