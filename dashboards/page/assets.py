"""The page's files, and Plotly's from its package: compressed once, at addresses that change with their content."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from aiohttp import web

from windvane.errors import ConfigError

__all__ = ["Assets"]

_KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class _File:
    """A file that is served; it is compressed when it is first asked for."""

    body: bytes
    kind: str

    @cached_property
    def gzipped(self) -> bytes:
        return gzip.compress(self.body, 9, mtime=0)

    @cached_property
    def etag(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:16]


class Assets:
    """Serves /static/…"""

    def __init__(self) -> None:
        folder = files("windvane.dashboards.page") / "static"
        found = {entry.name: entry for entry in folder.iterdir() if entry.name.rpartition(".")[2] in _KINDS}
        self._files = {name: _File(found[name].read_bytes(), _KINDS[name.rpartition(".")[2]]) for name in sorted(found)}
        self._version = hashlib.sha256("".join(file.etag for file in self._files.values()).encode()).hexdigest()[:12]
        self._plotly, self._plotly_at = _File(_library(), _KINDS["js"]), f"/static/plotly-{version('plotly')}.min.js"
        self._lock = asyncio.Lock()
        shell = (folder / "page.html").read_text()
        modules = [name for name in self._files if name.endswith(".js")]
        preloads = "\n".join(f'<link rel="modulepreload" href="/static/{self._version}/{name}">' for name in modules)
        shell = shell.replace("{{modules}}", preloads).replace("{{version}}", self._version)
        shell = shell.replace("{{plotly}}", self._plotly_at).replace("{{styles}}", _stand_ins(self._plotly.body))
        self._shell = _File(shell.encode(), "text/html")

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(f"/static/{self._version}/{{name}}", self._file)
        app.router.add_get(self._plotly_at, self._library)

    def shell(self, request: web.Request) -> web.Response:
        """Return the page, which is the same for every board."""
        return _response(request, self._shell, "no-cache")

    async def _file(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["name"])
        return _response(request, file, _FOR_EVER) if file else web.Response(status=404, text="no such file")

    async def _library(self, request: web.Request) -> web.Response:
        async with self._lock:  # compressing takes half a second, once
            await asyncio.to_thread(lambda: self._plotly.gzipped)
        return _response(request, self._plotly, _FOR_EVER)


def _stand_ins(library: bytes) -> str:
    """Return elements that keep Plotly from adding its maps' styles: inline ones, which the policy refuses."""
    names = re.findall(rb'getElementById\("([0-9a-f]{64})"\)', library)
    return "".join(f'<template id="{name.decode()}"></template>' for name in sorted(set(names)))


def _library() -> bytes:
    spec = find_spec("plotly")  # found, not imported: that would load much that is not needed
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("plotly is not installed, and the page needs it: pip install 'windvane[local]'")
    return (Path(spec.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_bytes()


def _response(request: web.Request, file: _File, caching: str) -> web.Response:
    headers = {"Cache-Control": caching, "ETag": f'"{file.etag}"', "Vary": "Accept-Encoding"}
    if any(known.value == file.etag for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(
            body=file.gzipped, content_type=file.kind, charset="utf-8", headers={**headers, "Content-Encoding": "gzip"}
        )
    return web.Response(body=file.body, content_type=file.kind, charset="utf-8", headers=headers)
