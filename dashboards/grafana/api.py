"""Grafana's HTTP API, behind one call."""

from __future__ import annotations

from json import JSONDecodeError
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from windvane.errors import ConfigError, GrafanaError

__all__ = ["Grafana", "Sends"]

_TIMEOUT_S: Final = 20.0
_REMEDIES: Final = {
    401: "give a valid token: WINDVANE_GRAFANA_TOKEN, or --token",
    403: "give a token of a service account that may write boards, data sources and rules: the role Admin",
    409: "it is in use, or the name is taken, or it came in another way: what came from provisioning files cannot be"
    " pushed over, nor the other way round. See docs/grafana.md",
    412: "a board of the same title, or changed meanwhile, is in that folder: rename it, or push again",
}


class Sends(Protocol):
    """What pushing needs of Grafana."""

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """See `Grafana.send`."""


class Grafana:
    """The API of one Grafana, as the owner of `token`. Every call blocks on the network; none is tried again."""

    def __init__(self, url: str, token: str) -> None:
        """Connect to nothing yet.

        Raises:
            ConfigError: `url` is not one of HTTP.
        """
        from grafana_api.grafana_face import GrafanaFace

        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"{url!r} is no address of Grafana; write http://host:3000 or https://host/path")
        prefix = parts.path.strip("/")
        self._url = url
        self._face = GrafanaFace(
            auth=token,
            host=f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname,
            port=parts.port,
            url_path_prefix=f"{prefix}/" if prefix else "",
            protocol=parts.scheme,
            timeout=_TIMEOUT_S,
        )

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to `path` below `/api`; return what the answer says, and None where there is nothing.

        A GET of what is not there returns None, as does an answer without a body.

        Raises:
            GrafanaError: Grafana refuses it, does not answer, or something else than Grafana does.
        """
        from grafana_api.grafana_api import GrafanaException

        try:
            return getattr(self._face.api, method)(path, json=body)
        except GrafanaException as error:
            if method == "GET" and error.status_code == 404:
                return None
            raise self._refused(method, path, error) from error
        except JSONDecodeError as error:
            # The answer was a good one: 204 has no body, which is said only here. A page for people has one.
            if not error.doc.strip():
                return None
            what = f"{method} {path}: what answers at {self._url} is no API of Grafana"
            raise GrafanaError(f"{what}; give its address, past any login page before it") from error
        except OSError as error:
            # Of requests, all whose connection fails.
            what = f"Grafana does not answer at {self._url}: {type(error).__name__}"
            raise GrafanaError(f"{what}; start it, or set WINDVANE_GRAFANA_URL") from error
        except TypeError as error:
            # An error whose body is `null`.
            raise GrafanaError(f"{method} {path}: Grafana refuses it and does not say why; see its log") from error

    def _refused(self, method: str, path: str, error: Any) -> GrafanaError:
        said = error.response
        why = said.get("message", "") if isinstance(said, dict) else ""
        remedy = _REMEDIES.get(error.status_code, "see Grafana's log")
        return GrafanaError(f"{method} {path}: Grafana says {error.status_code} {why}".rstrip() + f"; {remedy}")
