"""An answer as a library has it, in OpenInference's `output.value`: what there is no attribute for."""

from __future__ import annotations

from typing import Any

from windvane.collectors.gateway.otlp.words import finish_reasons

__all__ = ["of_raw"]


def of_raw(answer: Any, fields: dict[str, Any]) -> None:
    """Take from a provider's own answer what OpenInference has no attribute for: its id, why it ended."""
    if not isinstance(answer, dict):
        return
    if isinstance(answer.get("generations"), list):
        _of_langchain(answer, fields)
    if isinstance(answer.get("id"), str):
        fields.setdefault("gen_ai_response_id", answer["id"])
    choices = answer.get("choices")
    reasons = (
        [choice.get("finish_reason") for choice in choices if isinstance(choice, dict)]
        if isinstance(choices, list)
        else [answer.get("stop_reason")]
    )
    if found := finish_reasons(reasons):
        fields.setdefault("gen_ai_response_finish_reasons", found)


def _of_langchain(answer: dict[str, Any], fields: dict[str, Any]) -> None:
    """Take from an `LLMResult` of LangChain's the answer's id, and the model that has answered."""
    generation = answer["generations"]
    while isinstance(generation, list) and generation:
        generation = generation[0]
    told = [answer.get("llm_output"), generation.get("generation_info") if isinstance(generation, dict) else None]
    for said in told:
        if isinstance(said, dict):
            if isinstance(said.get("id"), str):
                fields.setdefault("gen_ai_response_id", said["id"])
            if isinstance(said.get("model_name"), str) and said["model_name"]:
                fields["gen_ai_response_model"] = said["model_name"]
