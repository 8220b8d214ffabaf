"""The client libraries by which the scripted calls are made, as their users make them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.paths.calls import DOCUMENTS, QUERY, Scripted
from tests.paths.route import Make

__all__ = ["by_langchain", "by_litellm", "by_openai"]

Retrieve = Callable[[], object]


def by_openai(providers: str, retrieve: Retrieve | None = None) -> Make:
    """Make calls by OpenAI's library; it has no retriever: `retrieve` is how the path tells of one by hand."""
    import openai

    client = openai.OpenAI(api_key="none", base_url=f"{providers}/v1", max_retries=0)

    def make(call: Scripted) -> None:
        if call.kind == "embeddings":
            client.embeddings.create(**call.request)
        elif call.kind == "retrieval":
            assert retrieve is not None
            retrieve()
        elif call.streamed:
            for _ in client.chat.completions.create(**call.request):
                pass
        else:
            client.chat.completions.create(**call.request)

    return make


def by_litellm(providers: str, retrieve: Retrieve | None = None) -> Make:
    """Make calls by LiteLLM, which has no retriever either."""
    import litellm

    def make(call: Scripted) -> None:
        if call.kind == "retrieval":
            assert retrieve is not None
            retrieve()
            return
        to: dict[str, Any] = {"api_base": f"{providers}/v1", "api_key": "none", "max_retries": 0}
        request = {**call.request, **to, "model": f"openai/{call.request['model']}"}
        if call.kind == "embeddings":
            litellm.embedding(**request)
        elif call.streamed:
            for _ in litellm.completion(**request):
                pass
        else:
            litellm.completion(**request)

    return make


def by_langchain(providers: str) -> Make:
    """Make calls by LangChain's models, embedder and retriever."""
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from langchain_openai import ChatOpenAI, OpenAIEmbeddings

    class Known(BaseRetriever):  # type: ignore[misc,unused-ignore]
        def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:
            return [Document(page_content=text) for text in DOCUMENTS]

    to: dict[str, Any] = {"base_url": f"{providers}/v1", "api_key": "none", "max_retries": 0}

    def make(call: Scripted) -> None:
        if call.kind == "retrieval":
            Known().invoke(QUERY)
            return
        if call.kind == "embeddings":
            OpenAIEmbeddings(model=call.request["model"], check_embedding_ctx_length=False, **to).embed_query(QUERY)
            return
        given = {name: call.request[name] for name in ("model", "temperature", "max_tokens") if name in call.request}
        model: Any = ChatOpenAI(stream_usage=True, **given, **to)
        if "tools" in call.request:
            model = model.bind_tools(call.request["tools"])
        if call.streamed:
            for _ in model.stream(call.request["messages"]):
                pass
        else:
            model.invoke(call.request["messages"])

    return make
