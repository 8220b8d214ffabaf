"""A channel's Apprise URL as an integration of Grafana."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from windvane.errors import ConfigError

__all__ = ["equivalent"]


def equivalent(url: str) -> dict[str, Any] | None:
    """Return `type` and `settings` of what Grafana has for an Apprise URL; None where it has nothing.

    Raises:
        ConfigError: Apprise cannot read it. The message does not repeat it: it is a secret.
    """
    from apprise import Apprise

    known = Apprise.instantiate(url)
    if known is None:
        raise ConfigError(f"a channel's URL, {url.partition(':')[0]}://…, is not one that Apprise can read")
    # By the name of its class: importing the class itself would load one file of a hundred, whose name may change.
    match type(known).__name__:
        # Headers of the user's own are not carried over, and without them it may be refused.
        case "NotifyJSON" if not known.headers:
            return {"type": "webhook", "settings": _webhook(known)}
        case "NotifyEmail":
            # Who sends, and through which server, is said in Grafana's own configuration.
            addresses = ";".join(address for _, address in known.targets)
            return {"type": "email", "settings": {"addresses": addresses, "singleEmail": True}}
        case "NotifySlack" if known.mode == "hook":
            hook = f"https://hooks.slack.com/services/{known.token_a}/{known.token_b}/{known.token_c}"
            return {"type": "slack", "settings": {"url": hook}}
        case "NotifySlack" if known.mode == "bot" and len(known.channels) == 1:
            return {"type": "slack", "settings": {"token": known.access_token, "recipient": known.channels[0]}}
        case "NotifyPagerDuty":
            # Without it, everything would be critical there.
            severity = "{{ .CommonLabels.severity }}"
            return {"type": "pagerduty", "settings": {"integrationKey": known.integration_key, "severity": severity}}
        case "NotifyWorkflows" if not known.power_automate:
            return {"type": "teams", "settings": {"url": _workflow(known)}}
        case _:
            return None


def _webhook(known: Any) -> dict[str, Any]:
    port = f":{known.port}" if known.port else ""
    settings = {
        "url": f"{'https' if known.secure else 'http'}://{known.host}{port}{known.fullpath}",
        "httpMethod": "POST",
    }
    if known.user:
        settings |= {"username": known.user, "password": known.password or ""}
    return settings


def _workflow(known: Any) -> str:
    port = f":{known.port}" if known.port else ""
    query = {"api-version": known.api_version, "sp": "/triggers/manual/run", "sv": "1.0", "sig": known.signature}
    return f"https://{known.host}{port}/workflows/{known.workflow}/triggers/manual/paths/invoke?{urlencode(query)}"
