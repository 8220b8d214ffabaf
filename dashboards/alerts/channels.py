"""Sending a message to a channel, by Apprise: some 200 services, each with a URL of its own form.

What Apprise may do is send messages and nothing else: it writes no file, reads none and follows no redirect; a URL that
makes it read files (templates, keys) is refused. Text is handed over as text, so each service's own markup is escaped.

Programs get more than text where the service has room for it. A webhook (`json://`, `jsons://`) gets `Message.facts`
beside Apprise's `title`, `message` and `type`: `id`, `severity`, `state`, `alerts` and `more`. All webhooks get the key
as the header `Idempotency-Key`, e-mail as `X-Windvane-Notification`. PagerDuty gets an event per alert, whose key
(`dedup_key`) is the rule and the series: a repeat changes nothing, and what is resolved closes its own incident. Every
other service has the key in the last line of the text. A service with less room gets what fits, the beginning.
"""

from __future__ import annotations

import difflib
import logging
import re
import threading
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl

from windvane.dashboards.alerts.message import Message
from windvane.dashboards.alerts.reasons import Reasons, scrubbed
from windvane.dashboards.alerts.rule import Channel, Severity
from windvane.errors import NotifyError

__all__ = ["check_url", "send"]

_LATER: Final = frozenset({408, 425, 429})
_STATUS: Final = re.compile(r"error=(\d{3})\b")
_SCHEMA: Final = re.compile(r"\s*([a-z0-9.+-]{1,20})://", re.IGNORECASE)
_READS: Final = frozenset({"keyfile", "pgp", "pgpprv", "pgppub", "subfile", "wkd"})
"""Parameters of URLs by which Apprise reads keys from files, or fetches them."""
_NO_FILES: Final = "it makes Apprise read files or keys, which is not done here. Leave template, keyfile, pgp, wkd out"

_hanging: Final[dict[str, threading.Thread]] = {}
"""Attempts that were given up while they ran, by channel."""


def send(channel: Channel, message: Message, timeout_s: float = 10.0) -> None:
    """Tell one channel. Blocks for `timeout_s` at most, and a second; for an incident service, per alert.

    Raises:
        NotifyError: it did not take the message, or not all of it, or did not answer in time.
    """
    schema = _Made(channel.url).schema
    for part in message.parts if schema == "pagerduty" and message.parts else (message,):
        _send(channel, part, timeout_s)


def check_url(url: str) -> str | None:
    """Return what is wrong with a channel's URL, without showing it; None if nothing is. Asks no server.

    >>> print(check_url("jsons://hooks.shop.example/alerts"))
    None
    >>> check_url("hooks.shop.example")
    'it is no URL of a channel. Write such as slack://…, mailtos://…, pagerduty://… or jsons://…'
    """
    return _Made(url).wrong or None


def _send(channel: Channel, message: Message, timeout_s: float) -> None:
    made = _Made(channel.url, message, timeout_s)
    where = f"channel {channel.name} ({made.schema}://…)"
    if made.wrong:
        raise NotifyError(f"{where}: {made.wrong}", permanent=True)
    if (before := _hanging.pop(channel.name, None)) and before.is_alive():
        _hanging[channel.name] = before
        raise NotifyError(f"{where} has not yet answered the attempt before. See what is wrong with it there")
    attempt = _Attempt(made, message)
    attempt.start()
    attempt.join(timeout_s + 1)
    if attempt.is_alive():
        # A thread cannot be stopped. There is one such per channel at most.
        _hanging[channel.name] = attempt
        raise NotifyError(f"{where} did not answer in {timeout_s:g} s. See what is wrong with it there")
    if not attempt.taken:
        reason, statuses = attempt.why()
        permanent = any(300 <= status < 500 and status not in _LATER for status in statuses)
        todo = "Correct its url" if permanent else "See that it can be reached from here"
        raise NotifyError(f"{where} did not take the message: {reason}. {todo}", permanent=permanent)


class _Made:
    """A URL, read: Apprise's plugin for it, or what is wrong with it."""

    def __init__(self, url: str, message: Message | None = None, timeout_s: float = 10.0) -> None:
        self.url, self.wrong = url, ""
        self.plugin: Any = None
        found = _SCHEMA.match(url)
        self.schema = found[1].lower() if found else ""
        if not _READS.isdisjoint(name.lower() for name, _ in parse_qsl(url.partition("?")[2], keep_blank_values=True)):
            self.wrong = _NO_FILES
            return
        library = _library()
        with Reasons() as reasons:
            try:
                parsed = library.plugins.url_to_dict(url.strip(), secure_logging=True)
                if parsed:
                    self.schema = parsed["schema"]
                    more = _more(parsed, message) if message else {}
                    parsed |= {"overflow": "truncate", **parsed, **more, "cto": timeout_s, "rto": timeout_s}
                    self.plugin = library.Apprise.instantiate(parsed, asset=_asset(), suppress_exceptions=False)
            except Exception as error:  # Whatever a plugin raises, the URL is at fault.
                reasons.add(str(error))
        if self.plugin is None:
            self.wrong = self._fault(reasons)
        elif any(isinstance(held, library.AppriseAttachment) and len(held) for held in vars(self.plugin).values()):
            self.wrong = _NO_FILES

    def _fault(self, reasons: Reasons) -> str:
        if not self.schema:
            return "it is no URL of a channel. Write such as slack://…, mailtos://…, pagerduty://… or jsons://…"
        known = set(_library().manager_plugins.NotificationManager().schemas())
        if self.schema in known:
            told = scrubbed("; ".join(dict.fromkeys(reasons.told)), self.url) or "it is not complete"
            return f"{told}. See https://appriseit.com/services/ for the form of {self.schema}://"
        if self.schema in ("http", "https"):
            return f"{self.schema}:// is no service's own URL. For a webhook write json{self.schema[4:]}://…"
        near = ["workflows"] if self.schema == "msteams" else difflib.get_close_matches(self.schema, known, 1)
        meant = f" Did you mean {near[0]}://?" if near else ""
        often = "Often used: slack, discord, workflows (Teams), mailtos, pagerduty, opsgenie, ntfys, jsons (a webhook)"
        return f"Apprise knows no {self.schema}://.{meant} {often}"


class _Attempt(threading.Thread):
    """One attempt: a thread, since nobody but the other side says how long it takes."""

    def __init__(self, made: _Made, message: Message) -> None:
        super().__init__(name="windvane-notify", daemon=True)
        self._made, self._message = made, message
        self._reasons, self.taken = Reasons(), False

    def run(self) -> None:
        kind = {Severity.CRITICAL: "failure", Severity.WARNING: "warning", Severity.INFO: "info"}
        told = self._message
        with self._reasons:
            try:
                self.taken = self._made.plugin.notify(
                    body=told.body, title=told.title, body_format="text",
                    notify_type=kind[told.severity] if told.firing else "success",
                )  # fmt: skip
            except Exception as error:  # A plugin's fault is the channel's: the others go on.
                self._reasons.add(f"{type(error).__name__}: {error}")

    def why(self) -> tuple[str, list[int]]:
        """Return what Apprise said, without secrets, and the HTTP statuses in it."""
        told = "; ".join(dict.fromkeys(self._reasons.told))
        statuses = [int(status) for status in _STATUS.findall(told)]
        return scrubbed(told, self._made.url)[:400].rstrip(". ") or "no reason was given", statuses


def _more(parsed: dict[str, Any], message: Message) -> dict[str, Any]:
    """Return what a service that has room for it is told beside the text; what the URL says of it goes first."""
    match parsed["schema"]:
        case "json" | "jsons":
            headers = {"Idempotency-Key": message.key, **parsed["headers"]}
            return {"headers": headers, "payload": {**message.facts, **parsed["payload"]}}
        case "form" | "forms" | "xml" | "xmls":
            return {"headers": {"Idempotency-Key": message.key, **parsed["headers"]}}
        case "mailto" | "mailtos":
            return {"headers": {"X-Windvane-Notification": message.key, **parsed["headers"]}}
        case "pagerduty":
            details = {name: str(value) for name, value in message.facts["alerts"][0].items()}
            return {"dedup": message.key, "action": "map", "details": details | parsed["details"]}
        case _:
            return {}


@cache
def _library() -> Any:
    """Import Apprise when it is first needed, and keep its log to ourselves: it would show what is secret."""
    import apprise
    import apprise.manager_plugins

    log = logging.getLogger("apprise")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(logging.NullHandler())
    return apprise


@cache
def _asset() -> Any:
    # A redirect would turn a POST into a GET, and that into "sent".
    return _library().AppriseAsset(
        app_id="windvane", app_desc="windvane", app_url="", image_url_mask="", image_path_mask=False,
        storage_mode="memory", pgp_autogen=False, pem_autogen=False, secure_logging=True, interpret_escapes=False,
        interpret_emojis=False, http_redirects=False,
    )  # fmt: skip
