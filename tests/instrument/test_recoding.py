"""Functions that are replaced in place."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from windvane.collectors.instrument.recoding import Codes


def decorated(of: Callable[..., Any], before: str) -> Callable[..., Any]:
    def wrapper(first: int, *rest: int, more: int = 1) -> str:
        """Say it."""
        return f"{before}{of(first, *rest, more)}"

    return wrapper


def loud(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: original(*args, **kwargs).upper()


def test_whoever_holds_the_function_calls_the_new_one_until_it_is_put_back() -> None:
    function = decorated(lambda *given: f"given {given}", "was ")
    another = decorated(lambda *given: "another", "")
    before = function.__code__, inspect.signature(function), function.__doc__, function.__qualname__
    codes = Codes()
    codes.replace(function, loud)
    assert function(1, 2) == "WAS GIVEN (1, 2, 1)" and function(1, more=3) == "WAS GIVEN (1, 3)"
    assert another(1) == "another", "of the same code, but not replaced"
    assert (function.__doc__, function.__qualname__, function.__code__.co_name) == (*before[2:], "wrapper")
    codes.undo()
    assert function.__code__ is before[0] and function(1, 2) == "was given (1, 2, 1)"


def test_coroutine_functions_stay_coroutine_functions() -> None:
    async def function(given: str) -> str:
        return given

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            return (await original(*args, **kwargs)).upper()

        return call

    codes = Codes()
    codes.replace(function, make)
    assert inspect.iscoroutinefunction(function) and asyncio.run(function("hi")) == "HI"
    codes.undo()
    assert asyncio.run(function("hi")) == "hi"


def test_what_another_has_replaced_since_is_left() -> None:
    def function() -> str:
        return "own"

    def theirs() -> str:
        return "theirs"

    codes = Codes()
    codes.replace(function, loud)
    function.__code__ = theirs.__code__
    codes.undo()
    assert function() == "theirs"


def test_what_has_no_code_is_refused() -> None:
    with pytest.raises(TypeError):
        Codes().replace(len, loud)
