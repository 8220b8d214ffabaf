"""The one table: which column an attribute of a span goes to, by all generations and dialects of GenAI conventions.

A row says the attribute's name, where it goes, and whose it is (`SOURCES`). Where it goes is a column of
`collectors/event.py`; `KEPT`, for what has no column and is kept in `attributes` on purpose; or `REPEATED`, for what
only repeats another attribute. A name that is not here, nor below one of `FAMILIES`, is kept in `attributes` where it
is small, and counted by its name. Of two attributes of one column the earlier row wins: newer conventions come first.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["FAMILIES", "KEPT", "REPEATED", "RESOURCE", "ROWS", "SOURCES", "Mapped"]

KEPT: Final = "attributes"
REPEATED: Final = ""

_SEMCONV: Final = "https://github.com/open-telemetry/semantic-conventions/blob"
SOURCES: Final[dict[str, str]] = {
    "genai": "https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md",
    "1.37": f"{_SEMCONV}/v1.37.0/docs/gen-ai/gen-ai-spans.md",
    "1.36": f"{_SEMCONV}/v1.36.0/docs/gen-ai/gen-ai-spans.md",
    "1.36 events": f"{_SEMCONV}/v1.36.0/docs/gen-ai/gen-ai-events.md",
    "1.36 openai": f"{_SEMCONV}/v1.36.0/docs/gen-ai/openai.md",
    "1.27": f"{_SEMCONV}/v1.27.0/docs/gen-ai/gen-ai-spans.md",
    "1.26": f"{_SEMCONV}/v1.26.0/docs/gen-ai/gen-ai-spans.md",
    "registry": f"{_SEMCONV}/v1.37.0/docs/registry/attributes/README.md",
    "evaluation": "https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md",
    "openinference": "https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md",
    "openllmetry": (
        "https://github.com/traceloop/openllmetry/blob/main/packages/opentelemetry-semantic-conventions-ai"
        "/opentelemetry/semconv_ai/__init__.py"
    ),
    "openllmetry langchain": (
        "https://github.com/traceloop/openllmetry/blob/main/packages/opentelemetry-instrumentation-langchain"
        "/opentelemetry/instrumentation/langchain/callback_handler.py"
    ),
    "litellm": "https://github.com/BerriAI/litellm/blob/main/litellm/integrations/opentelemetry.py",
    "openllmetry 0.1": "https://github.com/traceloop/openllmetry/tree/0.10.0/packages/opentelemetry-semantic-conventions-ai",
}
"""The documents, by the word that stands in the rows."""


class Mapped(NamedTuple):
    """One attribute."""

    name: str
    to: str
    source: str


def _rows(source: str, lines: str) -> tuple[Mapped, ...]:
    """Read lines of a name and a column; `=` is the name with dots turned to underscores, `+` is kept, `-` repeated."""
    rows = []
    for line in lines.split("\n"):
        if words := line.split():
            name, to = words
            rows.append(Mapped(name, {"=": name.replace(".", "_"), "+": KEPT, "-": REPEATED}.get(to, to), source))
    return tuple(rows)


ROWS: Final[tuple[Mapped, ...]] = (
    *_rows("genai", """
        gen_ai.retrieval.documents                 =
        gen_ai.retrieval.query.text                gen_ai_input_messages
        gen_ai.usage.cache_read.input_tokens       =
        gen_ai.usage.cache_creation.input_tokens   =
        gen_ai.usage.cache_write.input_tokens      gen_ai_usage_cache_creation_input_tokens
        gen_ai.usage.reasoning.output_tokens       =
        gen_ai.response.time_to_first_chunk        =
        gen_ai.tool.call.arguments                 gen_ai_input_messages
        gen_ai.tool.call.result                    gen_ai_output_messages
        gen_ai.prompt.name                         =
        gen_ai.prompt.version                      =
        gen_ai.retrieval.top_k                     +
        gen_ai.request.stream                      +
        gen_ai.request.previous_response.id        +
        gen_ai.request.reasoning.level             +
        gen_ai.response.status                     +
        gen_ai.workflow.name                       +
        gen_ai.agent.version                       +
    """),
    *_rows("evaluation", """
        gen_ai.evaluation.name                     =
        gen_ai.evaluation.score.value              =
        gen_ai.evaluation.score.label              =
        gen_ai.evaluation.explanation              +
    """),
    *_rows("1.37", """
        gen_ai.operation.name                      =
        gen_ai.provider.name                       =
        gen_ai.request.model                       =
        gen_ai.response.model                      =
        gen_ai.response.id                         =
        gen_ai.response.finish_reasons             =
        gen_ai.input.messages                      =
        gen_ai.output.messages                     =
        gen_ai.system_instructions                 =
        gen_ai.usage.input_tokens                  =
        gen_ai.usage.output_tokens                 =
        gen_ai.output.type                         =
        gen_ai.request.temperature                 =
        gen_ai.request.max_tokens                  =
        gen_ai.tool.name                           =
        gen_ai.conversation.id                     =
        gen_ai.tool.call.id                        +
        gen_ai.tool.type                           +
        gen_ai.tool.description                    +
        gen_ai.tool.definitions                    +
        gen_ai.agent.id                            +
        gen_ai.agent.name                          +
        gen_ai.agent.description                   +
        gen_ai.data_source.id                      +
        gen_ai.embeddings.dimension.count          +
        gen_ai.request.encoding_formats            +
        gen_ai.request.choice.count                +
        gen_ai.request.frequency_penalty           +
        gen_ai.request.presence_penalty            +
        gen_ai.request.seed                        +
        gen_ai.request.stop_sequences              +
        gen_ai.request.top_k                       +
        gen_ai.request.top_p                       +
        openai.api.type                            +
        openai.request.service_tier                +
        openai.response.service_tier               +
        openai.response.system_fingerprint         +
        azure.resource_provider.namespace          +
    """),
    *_rows("registry", """
        error.type                                 =
        error.message                              =
        exception.message                          error_message
        exception.type                             error_type
        user.id                                    =
        enduser.id                                 user_id
        session.id                                 gen_ai_conversation_id
        server.address                             +
        server.port                                +
        http.response.status_code                  -
        exception.stacktrace                       -
    """),
    *_rows("1.36", """
        gen_ai.system                              gen_ai_provider_name
        gen_ai.embeddings.dimensions               +
    """),
    *_rows("1.36 openai", """
        gen_ai.openai.request.response_format      gen_ai_output_type
        gen_ai.openai.request.seed                 +
        gen_ai.openai.request.service_tier         +
        gen_ai.openai.response.service_tier        +
        gen_ai.openai.response.system_fingerprint  +
    """),
    *_rows("1.26", """
        gen_ai.usage.prompt_tokens                 gen_ai_usage_input_tokens
        gen_ai.usage.completion_tokens             gen_ai_usage_output_tokens
        gen_ai.prompt                              gen_ai_input_messages
        gen_ai.completion                          gen_ai_output_messages
    """),
    *_rows("openllmetry", """
        gen_ai.usage.cache_read_input_tokens       gen_ai_usage_cache_read_input_tokens
        gen_ai.usage.cache_creation_input_tokens   gen_ai_usage_cache_creation_input_tokens
        gen_ai.usage.reasoning_tokens              gen_ai_usage_reasoning_output_tokens
        gen_ai.usage.total_tokens                  -
        llm.usage.reasoning_tokens                 gen_ai_usage_reasoning_output_tokens
        llm.usage.cache_read_input_tokens          gen_ai_usage_cache_read_input_tokens
        llm.usage.cache_creation_input_tokens      gen_ai_usage_cache_creation_input_tokens
        llm.usage.total_tokens                     -
        llm.request.type                           -
        llm.user                                   user_id
        llm.is_streaming                           +
        gen_ai.is_streaming                        +
        gen_ai.user                                user_id
        gen_ai.request.max_completion_tokens       gen_ai_request_max_tokens
        gen_ai.request.n                           +
        gen_ai.request.reasoning_effort            +
        gen_ai.request.reasoning_summary           +
        gen_ai.request.repetition_penalty          +
        gen_ai.response.reasoning_effort           +
        gen_ai.response.finish_reason              gen_ai_response_finish_reasons
        gen_ai.response.stop_reason                gen_ai_response_finish_reasons
        gen_ai.headers                             -
        gen_ai.task.status                         -
        gen_ai.task.input                          gen_ai_input_messages
        gen_ai.task.output                         gen_ai_output_messages
        gen_ai.task.id                             +
        gen_ai.task.kind                           +
        gen_ai.task.name                           +
        gen_ai.task.parent.id                      +
        llm.headers                                -
        llm.top_k                                  +
        llm.frequency_penalty                      +
        llm.presence_penalty                       +
        llm.chat.stop_sequences                    +
        llm.request.functions                      +
        llm.response.finish_reason                 gen_ai_response_finish_reasons
        llm.response.stop_reason                   gen_ai_response_finish_reasons
        gen_ai.openai.system_fingerprint           +
        gen_ai.openai.api_base                     +
        gen_ai.openai.api_version                  +
        gen_ai.openai.api_type                     +
        gen_ai.request.structured_output_schema    +
        traceloop.span.kind                        -
        traceloop.entity.name                      gen_ai_tool_name
        traceloop.entity.input                     gen_ai_input_messages
        traceloop.entity.output                    gen_ai_output_messages
        traceloop.entity.path                      +
        traceloop.entity.version                   +
        traceloop.workflow.name                    +
        traceloop.prompt.key                       gen_ai_prompt_name
        traceloop.prompt.version                   gen_ai_prompt_version
        traceloop.prompt.managed                   -
        traceloop.prompt.version_name              +
        traceloop.prompt.version_hash              +
        traceloop.prompt.template                  +
        traceloop.prompt.template_variables        +
        traceloop.correlation.id                   +
        traceloop.association.properties.user_id          user_id
        traceloop.association.properties.session_id       gen_ai_conversation_id
        traceloop.association.properties.conversation_id  gen_ai_conversation_id
        traceloop.association.properties.thread_id        gen_ai_conversation_id
    """),
    *_rows("openllmetry langchain", """
        traceloop.association.properties.ls_provider           -
        traceloop.association.properties.ls_model_name         -
        traceloop.association.properties.ls_model_type         -
        traceloop.association.properties.ls_temperature        -
        traceloop.association.properties.ls_max_tokens         -
        traceloop.association.properties.ls_stop               -
        traceloop.association.properties.ls_integration        +
        traceloop.association.properties.ls_retriever_name     +
        traceloop.association.properties.ls_embedding_provider +
        traceloop.association.properties.ls_vector_store_provider +
        traceloop.association.properties.lc_versions           +
    """),
    *_rows("litellm", """
        gen_ai.cost.total_cost                     cost
        gen_ai.cost.input_cost                     -
        gen_ai.cost.output_cost                    -
        gen_ai.cost.cache_read_cost                -
        gen_ai.cost.cache_creation_cost            -
        gen_ai.cost.reasoning_cost                 -
        gen_ai.cost.tool_usage_cost                -
        gen_ai.cost.guardrail_cost                 -
        gen_ai.usage.cost                          cost
        metadata.user_api_key_end_user_id          user_id
        metadata.user_api_key_user_id              user_id
        metadata.user_api_key_alias                +
        metadata.user_api_key_team_id              +
        metadata.user_api_key_team_alias           +
        metadata.applied_guardrails                -
        metadata.usage_object                      -
        hidden_params                              -
        litellm.call_id                            +
        litellm.cache_hit                          +
        litellm.saved_cache_cost                   +
        litellm.provider.model                     -
        litellm.model_group                        +
        litellm.preprocessing.duration_ms          +
        error.code                                 -
        error.llm_provider                         -
        error.stack_trace                          -
    """),
    *_rows("openllmetry 0.1", """
        llm.request.model                          gen_ai_request_model
        llm.response.model                         gen_ai_response_model
        llm.vendor                                 gen_ai_provider_name
        llm.temperature                            gen_ai_request_temperature
        llm.request.max_tokens                     gen_ai_request_max_tokens
        llm.usage.prompt_tokens                    gen_ai_usage_input_tokens
        llm.usage.completion_tokens                gen_ai_usage_output_tokens
        llm.top_p                                  +
    """),
    *_rows("openinference", """
        llm.request.model_name                     gen_ai_request_model
        llm.response.model_name                    gen_ai_response_model
        llm.provider                               gen_ai_provider_name
        llm.system                                 gen_ai_provider_name
        llm.model_name                             gen_ai_response_model
        embedding.model_name                       gen_ai_response_model
        llm.token_count.prompt                     gen_ai_usage_input_tokens
        llm.token_count.completion                 gen_ai_usage_output_tokens
        llm.token_count.total                      -
        llm.token_count.prompt_details.cache_read  gen_ai_usage_cache_read_input_tokens
        llm.token_count.prompt_details.cache_write gen_ai_usage_cache_creation_input_tokens
        llm.token_count.prompt_details.cache_input -
        llm.token_count.prompt_details.audio       +
        llm.token_count.completion_details.reasoning gen_ai_usage_reasoning_output_tokens
        llm.token_count.completion_details.audio   +
        llm.finish_reason                          gen_ai_response_finish_reasons
        llm.cost.total                             cost
        llm.invocation_parameters                  -
        embedding.invocation_parameters            -
        llm.function_call                          +
        llm.prompt_template.template               +
        llm.prompt_template.variables              +
        llm.prompt_template.version                gen_ai_prompt_version
        prompt.id                                  +
        prompt.vendor                              +
        prompt.url                                 +
        input.value                                gen_ai_input_messages
        output.value                               gen_ai_output_messages
        input.mime_type                            -
        output.mime_type                           -
        openinference.span.kind                    -
        embedding.text                             gen_ai_input_messages
        embedding.vector                           embedding
        tool.name                                  gen_ai_tool_name
        tool_call.function.name                    gen_ai_tool_name
        tool_call.function.arguments               gen_ai_input_messages
        tool_call.id                               +
        tool.description                           +
        tool.id                                    +
        tool.parameters                            +
        tool.json_schema                           +
        metadata                                   +
        tag.tags                                   tags
        agent.name                                 +
        graph.node.id                              +
        graph.node.name                            +
        graph.node.parent_id                       +
    """),
)  # fmt: skip

FAMILIES: Final[tuple[Mapped, ...]] = (
    Mapped("gen_ai.prompt.", "gen_ai_input_messages", "openllmetry"),
    Mapped("gen_ai.completion.", "gen_ai_output_messages", "openllmetry"),
    Mapped("llm.prompts.", "gen_ai_input_messages", "openllmetry 0.1"),
    Mapped("llm.completions.", "gen_ai_output_messages", "openllmetry 0.1"),
    Mapped("llm.input_messages.", "gen_ai_input_messages", "openinference"),
    Mapped("llm.output_messages.", "gen_ai_output_messages", "openinference"),
    Mapped("llm.prompts.", "gen_ai_input_messages", "openinference"),
    Mapped("llm.choices.", "gen_ai_output_messages", "openinference"),
    Mapped("retrieval.documents.", "gen_ai_retrieval_documents", "openinference"),
    Mapped("embedding.embeddings.", "gen_ai_input_messages", "openinference"),
    Mapped("llm.tools.", REPEATED, "openinference"),
    Mapped("llm.cost.", REPEATED, "openinference"),
    Mapped("llm.request.functions.", REPEATED, "openllmetry"),
    Mapped("traceloop.association.properties.", "tags", "openllmetry"),
)
"""Names that go on behind a dot: lists and maps, flattened."""

RESOURCE: Final[dict[str, str]] = {
    "service.name": "service_name",
    "service.version": "service_version",
    "deployment.environment.name": "deployment_environment_name",
    "deployment.environment": "deployment_environment_name",
}
"""Of a resource, to a column: https://opentelemetry.io/docs/specs/semconv/resource/. All else of it is left out."""
