"""The port of `windvane up` and the gateway: taken before anything is opened, and guarded against browsers."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from windvane.errors import ConfigError

__all__ = ["address", "bind", "listen", "make_guard"]


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that has the port, a free one if `port` is 0. It does not listen yet: nobody is let in too early.

    Raises:
        ConfigError: the port cannot be had.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    # As servers do: a port that was in use a moment ago can be had again.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with _told(host, port):
        bound.bind((host, port))
    return bound


def listen(bound: socket.socket) -> None:
    """Let clients in.

    Raises:
        ConfigError: another process has come first.
    """
    with _told(*bound.getsockname()[:2]):
        bound.listen(1024)


@contextmanager
def _told(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"port {port} of {host} cannot be used: {error.strerror}. Choose another: --port") from error


def address(bound: socket.socket) -> str:
    """Return the URL at which a browser on this machine reaches it.

    >>> with bind("127.0.0.1", 0) as bound:
    ...     address(bound).startswith("http://127.0.0.1:")
    True
    """
    host, port = bound.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def make_guard(host: str) -> Middleware:
    """Return a middleware that refuses what a web page of another site makes a browser ask.

    Such a page can point a name of its own at this machine: so where we listen on loopback, the name asked for must be
    loopback's. And it can post here without asking: so an `Origin`, if there is one, must be this place or loopback.
    """
    anywhere = not _is_loopback(host)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = _hostname(f"//{request.host}")
        if not (anywhere or _is_loopback(asked)):
            return web.Response(status=403, text=f"no place named {asked}: ask 127.0.0.1, or start with --host\n")
        origin = request.headers.get("Origin")
        if origin is not None:
            site = _hostname(origin)
            if not site or (site != asked and not _is_loopback(site)):
                return web.Response(status=403, text="pages of other sites may not send here\n")
        return await handler(request)

    return guard


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
