"""Clients of other kinds: what is built on an instrumented one tells as well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import windvane
from tests.servers.providers import ProviderServer

Rows = Callable[[], list[dict[str, Any]]]
MESSAGES: Any = [{"role": "user", "content": "hi"}]


def test_azures_client_tells(providers: ProviderServer, rows: Rows) -> None:
    openai = pytest.importorskip("openai")
    windvane.instrument()
    client = openai.AzureOpenAI(azure_endpoint=providers.url, api_version="2024-10-21", api_key="none")
    client.chat.completions.create(model="plain", messages=MESSAGES)
    assert [row["gen_ai_request_model"] for row in rows()] == ["plain"]


def test_a_client_that_was_made_before_tells_and_other_requests_do_not(providers: ProviderServer, rows: Rows) -> None:
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(api_key="none", base_url=f"{providers.url}/v1", max_retries=0)
    windvane.instrument()
    with pytest.raises(openai.NotFoundError):
        client.models.list()
    client.with_options(timeout=20).chat.completions.create(model="plain", messages=MESSAGES)
    assert len(rows()) == 1


def test_a_call_that_is_cancelled_is_told_as_such(providers: ProviderServer, rows: Rows) -> None:
    openai = pytest.importorskip("openai")
    windvane.instrument()

    async def run() -> None:
        client = openai.AsyncOpenAI(api_key="none", base_url=f"{providers.url}/v1", max_retries=0)
        task = asyncio.create_task(client.chat.completions.create(model="timeout", messages=MESSAGES))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    [row] = rows()
    assert row["error_type"] == "CancelledError" and row["gen_ai_output_messages"] is None


def test_half_of_a_character_around_a_call_costs_nothing_but_itself(providers: ProviderServer, rows: Rows) -> None:
    openai = pytest.importorskip("openai")
    windvane.instrument()
    client = openai.OpenAI(api_key="none", base_url=f"{providers.url}/v1")
    with windvane.context(user="ann\ud800"):
        client.chat.completions.create(model="plain", messages=MESSAGES)
    [row] = rows()
    assert row["user_id"].startswith("ann") and row["gen_ai_usage_input_tokens"] == 12
    assert row["gen_ai_output_messages"] is not None


def test_what_cannot_be_told_otherwise_is_mended_or_cut(providers: ProviderServer, rows: Rows) -> None:
    openai = pytest.importorskip("openai")
    windvane.instrument()
    client = openai.OpenAI(api_key="none", base_url=f"{providers.url}/v1")
    long: Any = [{"role": "system", "content": "s" * 600_000}, {"role": "user", "content": "u" * 600_000}]
    client.chat.completions.create(model="plain", messages=long)
    [row] = rows()
    assert row["gen_ai_usage_input_tokens"] == 12 and row["gen_ai_input_messages"].startswith('[{"role":"user"')
    assert row["gen_ai_system_instructions"].startswith("sss")
