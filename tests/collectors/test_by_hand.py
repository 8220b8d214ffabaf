"""Calls that an app tells of by hand: what is around them, what they hold, how they end."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import windvane
from tests.apps import Arrived, run_app
from windvane.collectors.context import around


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is emitted."""
    events: list[dict[str, Any]] = []

    def emit(event: Any = None, /, **fields: Any) -> str:
        events.append({name: value for name, value in {**(event or {}), **fields}.items() if value is not None})
        return str(events[-1].get("id", ""))

    monkeypatch.setattr(windvane, "emit", emit)
    return events


def test_a_call_is_told_once_with_what_was_said_of_it(told: list[dict[str, Any]]) -> None:
    with windvane.call(model="m", prompt="hi") as call:
        call.first_chunk()
        call.first_chunk()
        call.set(response="hello", input_tokens=3, output_tokens=None)
    call.end()
    [event] = told
    assert (event["operation"], event["model"], event["prompt"], event["response"]) == ("chat", "m", "hi", "hello")
    assert 0 <= event["ttft"] <= event["latency"] < 5 and event["input_tokens"] == 3 and "output_tokens" not in event
    assert event["id"] == call.id and len(event["trace_id"]) == 32 and len(event["span_id"]) == 16


def test_an_exception_is_told_and_goes_on(told: list[dict[str, Any]]) -> None:
    with pytest.raises(TimeoutError), windvane.call(model="m"):
        raise TimeoutError("30 s")
    assert isinstance(told[0]["error"], TimeoutError)


def test_what_is_made_inside_a_call_is_its_child(told: list[dict[str, Any]]) -> None:
    with windvane.call(model="m") as outer, windvane.tool("search", {"q": "x"}) as inner:
        inner.set(response="found")
    tool, chat = told
    assert tool["operation"] == "execute_tool" and tool["tool"] == "search"
    assert tool["trace_id"] == chat["trace_id"] and tool["parent_span_id"] == chat["span_id"] == outer.span_id
    assert "parent_span_id" not in chat and around() is None


def test_what_is_around_an_event_is_in_it_unless_it_says_otherwise(told: list[dict[str, Any]]) -> None:
    with (
        windvane.context(user="ann", tags={"region": "eu", "team": "a"}, prompt=("answer", "7")),
        windvane.context(session="s-1", tags={"team": "b"}),
    ):
        windvane.call(model="m", user="bob", tags=["beta"]).end()
        with windvane.context(prompt="other"):
            windvane.retrieval("q").end()
    call, retrieval = told
    assert (call["user"], call["session"], call["prompt_name"], call["prompt_version"]) == ("bob", "s-1", "answer", "7")
    assert call["tags"] == {"region": "eu", "team": "b", "beta": ""}
    assert retrieval["prompt_name"] == "other" and "prompt_version" not in retrieval and retrieval["user"] == "ann"
    assert around() is None


def test_emit_takes_what_is_around_it(tmp_path: Path) -> None:
    arrived = Arrived(tmp_path / "events")
    code = (
        "with windvane.context(user='ann', session='s', tags={'a': '1'}, prompt=('p', '2')):\n"
        "    windvane.emit(id='first', model='m', prompt='x', tags={'b': '2'})\n"
        "    windvane.emit({'id': 'second', 'model': 'm', 'user.id': 'bob'})\n"
        "    with windvane.call(model='m'):\n"
        "        windvane.emit(id='child', model='n')\n"
        "windvane.emit(id='last', model='m')\n"
    )
    run_app(code, arrived.endpoint)
    rows = {row["id"]: row for row in arrived.read().rows}
    first, second, child, last = (rows[name] for name in ("first", "second", "child", "last"))
    [call] = [row for row in rows.values() if row["gen_ai_operation_name"] == "chat"]
    assert (first["user_id"], first["gen_ai_conversation_id"], first["tags"]) == ("ann", "s", {"a": "1", "b": "2"})
    assert (first["gen_ai_prompt_name"], first["gen_ai_prompt_version"]) == ("p", "2")
    assert second["user_id"] == "bob" and second["gen_ai_conversation_id"] == "s"
    assert child["parent_span_id"] == call["span_id"] and child["trace_id"] == call["trace_id"]
    assert last["user_id"] is None


def test_it_goes_along_into_tasks_threads_and_executors() -> None:
    seen: dict[str, str | None] = {}

    def look(where: str) -> None:
        held = around()
        seen[where] = held.user if held else None

    async def main() -> None:
        async def task() -> None:
            look("task")

        await asyncio.gather(task(), asyncio.to_thread(look, "to_thread"))
        await asyncio.get_running_loop().run_in_executor(None, look, "run_in_executor")

    with ThreadPoolExecutor(1) as pool:
        with windvane.context(user="ann"):
            asyncio.run(main())
            thread = threading.Thread(target=look, args=("thread",))
            timer = threading.Timer(0, look, ("timer",))
            for one in (thread, timer):
                one.start()
                one.join()
            pool.submit(look, "pool").result()
        pool.submit(look, "later").result()
        with windvane.context(user="bob"):
            pool.submit(look, "another").result()
    assert seen.pop("later") is None, "the pool's thread began under ann"
    assert seen.pop("another") == "bob"
    assert seen == dict.fromkeys(("task", "to_thread", "run_in_executor", "thread", "timer", "pool"), "ann")


def test_an_observed_function_is_what_it_was(told: list[dict[str, Any]]) -> None:
    @windvane.observe(model="m")
    def answer(question: str, *, words: int = 3) -> str:
        """Answers."""
        return f"{question}!" * words

    @windvane.observe(texts=False)
    def fails(secret: str) -> str:
        raise KeyError(secret)

    assert answer("hi", words=2) == "hi!hi!" and answer.__doc__ == "Answers."
    with pytest.raises(KeyError):
        fails("s3cret")
    with pytest.raises(TypeError, match="unexpected keyword"):
        answer("hi", other=1)  # type: ignore[call-arg]
    first, second, third = told
    assert first["prompt"] == {"question": "hi", "words": 2} and first["response"] == "hi!hi!"
    assert "prompt" not in second and isinstance(second["error"], KeyError)
    assert isinstance(third["error"], TypeError)


def test_observed_coroutines_and_generators_stream_as_before(told: list[dict[str, Any]]) -> None:
    @windvane.observe
    async def later(question: str) -> str:
        await asyncio.sleep(0)
        windvane.tool("inner").end()
        return question

    @windvane.observe
    def pieces(question: str) -> Generator[str, str, str]:
        got = yield "a"
        yield f"b{got}"
        return "end"

    @windvane.observe
    async def pieces_later(question: str) -> AsyncIterator[str]:
        yield "a"
        await asyncio.sleep(0)
        yield "b"

    assert asyncio.run(later("q")) == "q"
    stream = pieces("q")
    assert next(stream) == "a" and around() is None
    assert stream.send("!") == "b!"
    with pytest.raises(StopIteration, match="end"):
        next(stream)

    async def read() -> list[str]:
        return [piece async for piece in pieces_later("q")]

    assert asyncio.run(read()) == ["a", "b"]
    left = pieces("left")
    next(left)
    left.close()
    tool, coroutine, generator, asynchronous, early = told
    assert tool["parent_span_id"] == coroutine["span_id"]
    assert [generator["response"], asynchronous["response"], early["response"]] == ["ab!", "ab", "a"]
    assert "error" not in early and generator["ttft"] <= generator["latency"]


def test_feedback_is_about_a_call(told: list[dict[str, Any]]) -> None:
    windvane.feedback("call-1", score=1, name="thumbs", user="ann")
    assert told == [{"operation": "feedback", "target_id": "call-1", "score": 1, "evaluation": "thumbs", "user": "ann"}]


def test_what_is_thrown_into_an_observed_generator_is_its_own_to_handle(told: list[dict[str, Any]]) -> None:
    @contextmanager
    @windvane.observe(texts=False)
    def forgiving() -> Iterator[str]:
        with suppress(ValueError):
            yield "a"

    with forgiving():
        raise ValueError
    assert "error" not in told[0] and "response" not in told[0]


def test_nothing_that_it_is_given_makes_a_call_raise(told: list[dict[str, Any]]) -> None:
    with (
        pytest.raises(KeyError, match="own"),
        windvane.context(trace_id=uuid4(), tags=["x"], prompt=("a", "b", "c")),  # type: ignore[arg-type]
        windvane.call(tags=5),
    ):
        raise KeyError("own")
    windvane.observe(functools.partial(len, "abc"))()
    first, second = told
    assert first["tags"] == {"x": ""} and len(first["trace_id"]) == 36 and second["response"] == 3


def test_a_call_keeps_the_ids_that_the_app_gives_it_and_the_prompt_of_its_beginning(told: list[dict[str, Any]]) -> None:
    messages = [{"role": "user", "content": "hi"}]
    with windvane.call(id="mine", trace_id="t" * 32, prompt=messages) as call:
        messages.append({"role": "assistant", "content": "hello"})
        windvane.tool("inner").end()
    tool, chat = told
    assert call.id == chat["id"] == "mine" and tool["trace_id"] == chat["trace_id"] == "t" * 32
    assert len(chat["prompt"]) == 1


def test_a_worker_that_outlives_a_request_does_not_keep_what_was_around_it() -> None:
    seen: list[object] = []
    with windvane.context(user="ann"):
        worker = threading.Thread(target=lambda: seen.append(around()), daemon=True)
        worker.start()
    worker.join()
    assert seen == [None]
