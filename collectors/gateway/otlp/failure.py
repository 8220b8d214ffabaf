"""What failed in a call, in the words of a row: a status of HTTP, `timeout`, `connection`, or the exception's class."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

__all__ = ["error_message", "error_type"]

_STATUS: Final = re.compile(
    r"(?:[Ee]rror code|[Ss]tatus(?: code)?|HTTP(?:/[0-9.]+)?)[:= ]+([45][0-9]{2})\b|\A([45][0-9]{2})\b"
)
_WORDS: Final = re.compile(r"""'message': (?:'((?:[^'\\]|\\.){1,2000})'|"((?:[^"\\]|\\.){1,2000})")""")
_WRAPPING: Final = re.compile(
    r"\A(?:litellm\.\w+: (?:\w+Error: )*(?:\w+Exception - )?)?(?:(?:\w+: )?Error code: [45][0-9]{2} - )?"
)
"""What OpenAI's and Anthropic's libraries, OpenTelemetry's SDK and LiteLLM put in front of a provider's words."""
_STATUS_OF: Final = {
    "BadRequestError": "400",
    "AuthenticationError": "401",
    "PermissionDeniedError": "403",
    "NotFoundError": "404",
    "ConflictError": "409",
    "UnprocessableEntityError": "422",
    "RateLimitError": "429",
    "InternalServerError": "500",
    "ServiceUnavailableError": "503",
    "OverloadedError": "529",
}
"""Classes of the providers' own libraries that stand for one status."""
_TIMEOUTS: Final = ("timeout", "timedout", "deadlineexceeded")
_CONNECTIONS: Final = ("connectionerror", "connecterror", "connectionreset", "connectionrefused", "remoteprotocolerror")


def error_type(said: Any, message: str, status: Iterable[Any] = ()) -> str:
    """Return what failed: the HTTP status where one is known, `timeout`, `connection`, else the class's name.

    >>> error_type("openai.RateLimitError", "slow down"), error_type("APIStatusError", "Error code: 529 - busy")
    ('429', '529')
    >>> error_type("httpx.ReadTimeout", ""), error_type("APIConnectionError", ""), error_type("ValueError", "no")
    ('timeout', 'connection', 'ValueError')
    """
    for number in status:
        if str(number).isdigit() and int(number) >= 400:
            return str(number)
    name = str(said or "").rpartition(".")[2]
    if name.isdigit():
        return name
    if found := _STATUS.search(message[:200]):
        return found[1] or found[2]
    if name in _STATUS_OF:
        return _STATUS_OF[name]
    low = name.lower()
    if any(word in low for word in _TIMEOUTS):
        return "timeout"
    if any(word in low for word in _CONNECTIONS):
        return "connection"
    return name or "error"


def error_message(said: str) -> str:
    """Return the provider's own words, where a library has wrapped them.

    >>> error_message("Error code: 429 - {'error': {'message': 'slow down', 'type': 'requests'}}")
    'slow down'
    >>> error_message("litellm.RateLimitError: RateLimitError: OpenAIException - slow down")
    'slow down'
    """
    wrapping = _WRAPPING.match(said)
    words = said[wrapping.end() :] if wrapping else said
    found = _WORDS.search(words[:8000]) if words[:1] == "{" and words != said else None
    return (found[1] or found[2]) if found else words or said
