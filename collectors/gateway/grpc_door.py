"""OTLP over gRPC: a door to the gateway's own HTTP port.

A message goes on over loopback as it came, with its key. So keys, rates, redaction, bounds and durability are in one
place, and nothing is said here before the gateway has said it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from threading import Thread
from typing import Any, Final

import aiohttp

from windvane.collectors.gateway.intake import MAX_BODY_BYTES
from windvane.collectors.gateway.otlp.answer import PROTOBUF
from windvane.errors import ConfigError

__all__ = ["grpc_door"]

_PATHS: Final = {
    "opentelemetry.proto.collector.trace.v1.TraceService": "/v1/traces",
    "opentelemetry.proto.collector.logs.v1.LogsService": "/v1/logs",
}
_HEADERS: Final = ("authorization", "x-api-key")
_MOST_CALLS: Final = 64
_MESSAGE_S: Final = 30.0
_ANSWER_S: Final = 60.0
_GRACE_S: Final = 6.0
"""As long as records may wait for their spans, and a little more."""


@contextmanager
def grpc_door(gateway: str, host: str, port: int | None) -> Iterator[None]:
    """Serve at `host:port` in a thread while the context lasts; without a port, do nothing.

    `gateway` is the URL of the HTTP intake; while it does not answer, senders are told to come back. Leaving the
    context waits up to 6 s for calls that are not answered.

    Raises:
        ConfigError: the library is not installed, or the port cannot be had.
    """
    if port is None:
        yield
        return
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="windvane-grpc", daemon=True)
    thread.start()
    try:
        serving = _serving(gateway, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result()
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@asynccontextmanager
async def _serving(gateway: str, address: str) -> AsyncIterator[None]:
    grpc, status = _library()
    options = [
        ("grpc.max_receive_message_length", MAX_BODY_BYTES),  # and of what it is once decompressed
        ("grpc.so_reuseport", 0),  # else two processes would share a port, and neither would be told
    ]
    timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
    async with aiohttp.ClientSession(gateway, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        server, door = grpc.aio.server(options=options), _Door(grpc, status, session)
        for service, path in _PATHS.items():
            # A stream of one message is the same on the wire, and can be refused before the message is in memory.
            method = grpc.stream_unary_rpc_method_handler(partial(door.export, path))
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": method}),))
        try:
            server.add_insecure_port(address)
        except RuntimeError as error:
            raise ConfigError(f"gRPC cannot have {address}. Choose another: --grpc-port") from error
        await server.start()
        try:
            yield
        finally:
            await server.stop(_GRACE_S)


def _library() -> tuple[Any, Any]:
    try:
        import grpc.aio
        from google.rpc.status_pb2 import Status
    except ImportError as error:
        raise ConfigError(f"OTLP over gRPC needs {error.name}: pip install 'windvane[grpc]'") from error
    return grpc, Status


class _Door:
    """Hands messages on to the gateway, a bounded number at once."""

    def __init__(self, grpc: Any, status: Any, session: aiohttp.ClientSession) -> None:
        self._codes, self._status, self._session = grpc.StatusCode, status, session
        self._by_number = {code.value[0]: code for code in grpc.StatusCode}
        self._calls = 0

    async def export(self, path: str, messages: AsyncIterator[bytes], context: Any) -> bytes:
        """Return the gateway's answer, or end the call with its refusal."""
        if self._calls >= _MOST_CALLS:
            await context.abort(self._codes.UNAVAILABLE, f"{_MOST_CALLS} requests are under way: come back")
        self._calls += 1
        try:
            async with asyncio.timeout(_MESSAGE_S):
                message = await anext(messages, None)
            if message is None:  # so it is with one that is too large, too: its sender has been told by the library
                await context.abort(self._codes.INVALID_ARGUMENT, "no message came")
            given = {name: value for name, value in context.invocation_metadata() if name in _HEADERS}
            headers = {"Content-Type": PROTOBUF, **given}
            async with self._session.post(path, data=message, headers=headers) as response:
                body = await response.read()
        except TimeoutError:
            await context.abort(self._codes.DEADLINE_EXCEEDED, "message or answer did not come in time")
        except aiohttp.ClientError as error:
            await context.abort(self._codes.UNAVAILABLE, f"the gateway does not answer: {error}")
        finally:
            self._calls -= 1
        if response.status != 200:
            await context.abort(*self._refusal(response, body))
        return body

    def _refusal(self, response: aiohttp.ClientResponse, body: bytes) -> tuple[Any, str]:
        if response.content_type != PROTOBUF:
            return self._codes.UNKNOWN, f"the gateway answered {response.status}"
        said = self._status.FromString(body)
        # RESOURCE_EXHAUSTED, as gRPC has it for 429, is sent again only where RetryInfo comes with it; UNAVAILABLE
        # always is: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling
        again = response.status in (429, 503)
        return self._codes.UNAVAILABLE if again else self._by_number[said.code], said.message
