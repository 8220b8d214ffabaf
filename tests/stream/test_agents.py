"""What is said of agents: the steps of a trace, the tools that an answer asks for, whether the same is done again."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from windvane.stream.detector import LearnedSignal
from windvane.stream.features.agents.loop import AgentLoop
from windvane.stream.features.agents.steps import AgentSteps
from windvane.stream.features.agents.tool_calls import ToolCalls
from windvane.stream.testing import batch_of

HOUR = 3600
NAN: Any = pytest.approx(np.nan, nan_ok=True)
ARGUMENTS = {"city": "Ulm"}
SHAPES: dict[str, Any] = {
    "OpenAI, chat": [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Ulm"}'}},
                {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
            ],
        }
    ],
    "OpenAI, one message": {
        "role": "assistant",
        "tool_calls": [{"function": {"name": "weather"}}, {"function": {"name": "time"}}],
    },
    "OpenAI, responses": [
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "name": "weather", "arguments": '{"city":"Ulm"}', "call_id": "1"},
        {"type": "function_call", "name": "time", "arguments": "{}", "call_id": "2"},
    ],
    "Anthropic, blocks": [
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": ARGUMENTS},
        {"type": "tool_use", "id": "toolu_2", "name": "time", "input": {}},
    ],
    "Anthropic, a message": [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": ARGUMENTS},
                {"type": "tool_use", "id": "toolu_2", "name": "time", "input": {}},
            ],
        }
    ],
    "OpenTelemetry": [
        {
            "role": "assistant",
            "parts": [
                {"type": "text", "content": "Let me look."},
                {"type": "tool_call", "id": "1", "name": "weather", "arguments": ARGUMENTS},
                {"type": "tool_call", "id": "2", "name": "time", "arguments": {}},
            ],
            "finish_reason": "tool_call",
        }
    ],
    "Google": [
        {
            "role": "model",
            "parts": [
                {"functionCall": {"name": "weather", "args": ARGUMENTS}},
                {"functionCall": {"name": "time", "args": {}}},
            ],
        }
    ],
}


def learned(signal: LearnedSignal, events: list[dict[str, Any]]) -> list[float]:
    return list(signal.score(batch_of(events), np.zeros(len(events), np.int64), 1).tolist())


def calls(**event: Any) -> float:
    return float(ToolCalls().score(batch_of([{}, event, {"response": "Unheard."}]))[1])


@pytest.mark.parametrize("shape", SHAPES)
def test_tool_calls_are_counted_in_every_shape_that_answers_come_in(shape: str) -> None:
    assert calls(response=SHAPES[shape]) == 2


@pytest.mark.parametrize(
    "answer",
    [
        "Use tool_calls, says the manual.",
        [{"role": "assistant", "content": "Set tool_calls to null, not to function_call."}],
        [{"role": "assistant", "content": "No tool.", "tool_calls": None}],
        '{"tool_calls": "none"}',
        '[{"tool_calls": 3}]',
        '[{"type": ["tool_use"]}]',
        '{"tool_use": [broken',
        '{"content":[' * 5_000 + '{"type": "tool_use"}' + "]}" * 5_000,
        '{"content":[' * 900 + '{"type": "tool", "text": "tool_use"}' + "]}" * 900,
    ],
)
def test_an_answer_that_speaks_of_tools_asks_for_none(answer: Any) -> None:
    assert calls(response=answer) == 0


def test_where_the_text_is_not_kept_the_finish_reason_says_that_there_was_a_call() -> None:
    assert calls(finish_reasons=["tool_calls"]) == calls(response="", finish_reasons=["tool_use"]) == 1
    assert calls(response=SHAPES["OpenAI, chat"], finish_reasons=["tool_calls"]) == 2
    assert calls(finish_reasons=["stop"]) == 0


def test_what_is_no_answer_of_a_model_asks_for_no_tools() -> None:
    for operation in ("embeddings", "retrieval", "execute_tool", "feedback"):
        assert np.isnan(calls(operation=operation, response="22 degrees"))
    assert np.isnan(calls(prompt="Weather?"))


def test_the_steps_of_a_trace_are_counted_each_trace_by_itself() -> None:
    traces = ["a", "a", "b", "a", "b"]
    assert learned(AgentSteps(), [{"trace_id": trace} for trace in traces]) == [1, 2, 1, 3, 2]


def test_without_a_trace_the_steps_are_those_of_the_conversation() -> None:
    events = [{"session": "s"}, {"session": "s", "trace_id": "t"}, {"session": "s"}, {"trace_id": "", "session": ""}]
    assert learned(AgentSteps(), events) == [1, 1, 2, NAN]


def test_traces_of_two_services_are_two_and_feedback_is_no_step() -> None:
    events: list[dict[str, Any]] = [{"trace_id": "t", "service": "a"}, {"trace_id": "t", "service": "b"}]
    events += [
        {"trace_id": "t", "service": "a", "operation": "feedback", "score": 1},
        {"trace_id": "t", "service": "a"},
    ]
    assert learned(AgentSteps(), events) == [1, 1, NAN, 2]


def test_a_trace_begins_anew_after_an_hour_without_a_call() -> None:
    times = [0, HOUR, 2 * HOUR + 1, 2 * HOUR, 3 * HOUR + 1]
    events = [{"trace_id": "t", "prompt": "p", "time": 1_700_000_000 + time} for time in times]
    assert learned(AgentSteps(), events) == [1, 2, 1, 2, 3]
    assert learned(AgentLoop(), events) == [0, 1, 0, 1, 2]


def test_thousands_of_traces_at_once_are_kept_apart_in_bounded_memory() -> None:
    signal = AgentSteps()
    traces = [{"trace_id": f"{number:032x}"} for number in range(5_000)]
    for step in range(3):
        assert np.mean(np.array(learned(signal, traces)) == step + 1) > 0.99
    for start in range(0, 100_000, 20_000):
        learned(signal, [{"trace_id": f"once {start + number}"} for number in range(20_000)])
    assert sum(len(data) for _, data in signal.pages(whole=True)) < 1_000_000


def tool(name: str, **arguments: Any) -> dict[str, Any]:
    return {"trace_id": "t", "operation": "execute_tool", "tool": name, "gen_ai.tool.call.arguments": arguments}


def test_a_tool_that_is_called_again_with_the_same_arguments_is_a_loop() -> None:
    events = [tool("search", q="x"), tool("search", q="x"), tool("search", q="x"), tool("search", q="y")]
    assert learned(AgentLoop(), events) == [0, 1, 2, 0]
    other = [tool("search", q="x"), tool("read", q="x"), tool("search", q="x")]
    assert learned(AgentLoop(), other) == [0, 0, 0]


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "OpenAI, one message"])
def test_a_model_that_asks_for_the_same_tool_again_is_a_loop_though_ids_and_prompts_differ(shape: str) -> None:
    def asks(number: int, city: str) -> dict[str, Any]:
        text = json.dumps(SHAPES[shape]).replace("Ulm", city)
        for one in ("call_1", "toolu_1"):
            text = text.replace(one, f"{one}{number}")
        return {"trace_id": "t", "prompt": f"turn {number}", "response": text}

    events = [
        asks(0, "Ulm"),
        tool("weather", **ARGUMENTS),
        asks(1, "Ulm"),
        tool("weather", **ARGUMENTS),
        asks(2, "Bonn"),
    ]
    assert learned(AgentLoop(), events) == [0, 0, 1, 1, 0]


def test_the_same_prompt_again_is_a_loop_and_another_trace_is_not() -> None:
    ask: dict[str, Any] = {"trace_id": "t", "prompt": "Go on.", "response": "Done."}
    events = [ask, ask, {**ask, "trace_id": "u"}, {**ask, "prompt": "Stop."}, ask, {"trace_id": "t", "latency": 1.0}]
    assert learned(AgentLoop(), events) == [0, 1, 0, 0, 0, NAN]


def test_an_embedding_a_retrieval_and_a_call_for_one_question_are_no_loop() -> None:
    asked = {"trace_id": "t", "prompt": "Opening hours?"}
    turn: list[dict[str, Any]] = [
        {**asked, "operation": operation} for operation in ("embeddings", "retrieval", "chat")
    ]
    assert learned(AgentLoop(), turn) == [NAN, 0, 0]
    assert learned(AgentLoop(), turn * 2) == [NAN, 0, 0, NAN, 1, 1]
