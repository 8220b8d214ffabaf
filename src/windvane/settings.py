"""Every setting, in one table; the only reader of the environment.

A value comes from the caller, else from the environment, else from the default here. `docs/reference/settings.md` is
generated from this table.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from windvane.errors import ConfigError

__all__ = ["SETTINGS", "Setting", "setting", "spare_the_cores"]

T = TypeVar("T")


def _flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError(text)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _paths(text: str) -> tuple[Path, ...]:
    return tuple(Path(part) for part in _names(text))


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: the variable that sets it, how its text is read, the default, and what it does."""

    env: str
    parse: Callable[[str], Any]
    default: Any
    doc: str


SETTINGS: Final[dict[str, Setting]] = {
    # The SDK.
    "endpoint": Setting(
        "WINDVANE_ENDPOINT",
        str,
        "http://127.0.0.1:7070",
        "Where the SDK sends: kafka://host:port[,host:port][/topic], http://host:port, https://… or file:///path.",
    ),
    "service": Setting("WINDVANE_SERVICE", str, "unknown_service", "The service's name (OpenTelemetry service.name)."),
    "spool_dir": Setting(
        "WINDVANE_SPOOL_DIR",
        Path,
        None,
        "Where events wait until they are durable; default: the user's state directory.",
    ),
    "spool_mb": Setting(
        "WINDVANE_SPOOL_MB", _positive, 256, "Most disk the events of one process may take while they wait, in MiB."
    ),
    "linger_s": Setting(
        "WINDVANE_LINGER_S", float, 0.2, "How long an event may wait for others before it is sent, in seconds."
    ),
    "enabled": Setting("WINDVANE_ENABLED", _flag, True, "Set to 0 to make every SDK call do nothing."),
    # Redaction, before anything leaves the process.
    "redaction": Setting(
        "WINDVANE_REDACTION",
        str,
        "mask",
        "What becomes of secrets and personal data: mask, hash (keyed: equal stays equal), drop or off; then exceptions"
        " by kind or column, as 'mask; email=hash; ip=off; tags=drop'. Kinds: docs/reference/redaction.md.",
    ),
    "redaction_key": Setting(
        "WINDVANE_REDACTION_KEY",
        str,
        None,
        "The key of hashes: the same on all machines joins a person across them. Default: one made and kept in the"
        " spool's folder.",
    ),
    "redaction_allow": Setting(
        "WINDVANE_REDACTION_ALLOW",
        _names,
        (),
        "What is never masked, separated by ';'; * stands for any characters: 'support@shop.example; *@test.example'.",
    ),
    "redaction_patterns": Setting(
        "WINDVANE_REDACTION_PATTERNS",
        _names,
        (),
        "Kinds of your own, separated by ';', as 'employee_id=E-[0-9]{6}': a name and a regular expression.",
    ),
    "bodies": Setting(
        "WINDVANE_BODIES",
        _names,
        ("redacted",),
        "What is sent of prompts, answers and documents: full, redacted, hash or none; then exceptions by service, as"
        " 'redacted; billing=none; search=hash'.",
    ),
    "body_chars": Setting(
        "WINDVANE_BODY_CHARS",
        _positive,
        65_536,
        "The most characters of one text; the rest is cut, and a mark says how much.",
    ),
    # The gateway.
    "gateway_keys": Setting(
        "WINDVANE_GATEWAY_KEYS",
        Path,
        None,
        "The file of API keys, as `windvane gateway keys add` writes it. Default: none, and no key is asked for.",
    ),
    "gateway_rate": Setting(
        "WINDVANE_GATEWAY_RATE",
        float,
        0.0,
        "Requests a second that the gateway takes of one key, or of one address where there are no keys; 0: any.",
    ),
    "gateway_redaction": Setting(
        "WINDVANE_GATEWAY_REDACTION",
        str,
        "mask",
        "What becomes of secrets and personal data in OTLP and plain JSON, as WINDVANE_REDACTION says it; off for none."
        " Envelopes of the SDK are redacted before.",
    ),
    "otlp_join_s": Setting(
        "WINDVANE_OTLP_JOIN_S",
        float,
        5.5,
        "How long spans and the log records of their messages wait for each other (OTLP), in seconds; 0: not at all.",
    ),
    "otlp_spans": Setting(
        "WINDVANE_OTLP_SPANS",
        _names,
        (),
        "Spans that are taken though they are no calls, by their operation, separated by ';': 'invoke_agent; chain;"
        " other' (other: all that are no GenAI).",
    ),
    "otlp_grpc_port": Setting(
        "WINDVANE_OTLP_GRPC_PORT",
        _positive,
        None,
        "Port of OTLP over gRPC; OpenTelemetry's SDKs expect 4317. Needs windvane[grpc]. Default: no gRPC.",
    ),
    # The log.
    "bootstrap": Setting("WINDVANE_BOOTSTRAP", str, "127.0.0.1:9092", "Kafka's brokers: host:port[,host:port]."),
    "topic": Setting("WINDVANE_TOPIC", str, "windvane.events", "The topic that carries envelopes."),
    "partitions": Setting(
        "WINDVANE_PARTITIONS", _positive, 12, "Partitions of the topic that `windvane topics create` makes."
    ),
    "replication": Setting(
        "WINDVANE_REPLICATION", _positive, 1, "Replicas of the topic that `windvane topics create` makes."
    ),
    "log_retention_h": Setting("WINDVANE_LOG_RETENTION_H", float, 72.0, "How long the log keeps envelopes, in hours."),
    # The stream.
    "group": Setting("WINDVANE_GROUP", str, "windvane", "The consumer group that the workers share."),
    "detectors": Setting(
        "WINDVANE_DETECTORS",
        _names,
        (),
        "Series detectors, separated by ';': a registered name, 'novelty on latency', or one of river's, as"
        " 'river.drift.ADWIN(delta=0.002) on latency'. Default: all of ours but novelty.",
    ),
    "false_alarms_per_week": Setting(
        "WINDVANE_FALSE_ALARMS_PER_WEEK",
        float,
        1.0,
        "False alarms a week that all series and signals together are expected to raise at most: thresholds follow.",
    ),
    "segments": Setting(
        "WINDVANE_SEGMENTS",
        _names,
        (),
        "Tags, separated by ';', whose values are watched as series of their own: 'region;tenant'.",
    ),
    "prices": Setting(
        "WINDVANE_PRICES",
        Path,
        None,
        "The user's own prices: a TOML file of [[price]] tables. A call that none of them fits has a published price.",
    ),
    "block_rows": Setting("WINDVANE_BLOCK_ROWS", _positive, 20_000, "Events in one insert block, at most."),
    "flush_s": Setting("WINDVANE_FLUSH_S", float, 0.5, "How long an event may wait for its block to fill, in seconds."),
    "snapshot_s": Setting("WINDVANE_SNAPSHOT_S", float, 5.0, "How often detector state is saved, in seconds."),
    "sink_retry_s": Setting(
        "WINDVANE_SINK_RETRY_S", float, 120.0, "How long a worker retries a store that refuses blocks before it exits."
    ),
    # The store.
    "dir": Setting(
        "WINDVANE_DIR", Path, Path("windvane-data"), "Where the local pipeline keeps its log and its store."
    ),
    "store": Setting(
        "WINDVANE_STORE",
        str,
        None,
        "The store: chdb:///path for the engine in this process (default: in WINDVANE_DIR), or"
        " http(s)://user:password@host:8123 for a server.",
    ),
    "database": Setting("WINDVANE_DATABASE", str, "windvane", "The database that holds windvane's tables."),
    "events_days": Setting("WINDVANE_EVENTS_DAYS", _positive, 90, "Days that events and their signals are kept."),
    "bodies_days": Setting(
        "WINDVANE_BODIES_DAYS", _positive, 30, "Days that prompts, responses and contexts are kept."
    ),
    "signals_days": Setting("WINDVANE_SIGNALS_DAYS", _positive, 365, "Days that series signals are kept."),
    "rollups_days": Setting("WINDVANE_ROLLUPS_DAYS", _positive, 730, "Days that one-minute rollups are kept."),
    "dead_letters_days": Setting("WINDVANE_DEAD_LETTERS_DAYS", _positive, 30, "Days that dead letters are kept."),
    "ledger_days": Setting(
        "WINDVANE_LEDGER_DAYS",
        _positive,
        14,
        "Days that the ledger looks back; no more than events and dead letters are kept.",
    ),
    # Alerts.
    "rules": Setting(
        "WINDVANE_RULES",
        _paths,
        (),
        "Files of alert rules, channels, budgets and maintenance windows, in TOML, separated by ';'. See alerts.md.",
    ),
    "page_url": Setting(
        "WINDVANE_PAGE_URL",
        str,
        None,
        "What links in notifications begin with: where those who are told find the page. Default: where it is served.",
    ),
    "grafana_url": Setting(
        "WINDVANE_GRAFANA_URL", str, "http://127.0.0.1:3000", "Grafana, for `windvane grafana push`."
    ),
    "grafana_token": Setting(
        "WINDVANE_GRAFANA_TOKEN", str, None, "A service account's token: it may write boards, data sources and rules."
    ),
    "memory_mb": Setting("WINDVANE_STORE_MEMORY_MB", _positive, 2048, "Most memory chDB may use, in MiB."),
    # Roles on a ClickHouse server (the server-only migrations).
    "writer_password": Setting(
        "WINDVANE_WRITER_PASSWORD", str, None, "Password of the user windvane_writer on a server."
    ),
    "reader_password": Setting(
        "WINDVANE_READER_PASSWORD", str, None, "Password of the user windvane_reader on a server."
    ),
}


def setting(name: str, given: T | None = None) -> Any:
    """Return the value of the setting `name`: `given` unless None, else the environment's, else the default.

    Raises:
        ConfigError: the environment's text cannot be read as the setting's type.
    """
    if given is not None:
        return given
    row = SETTINGS[name]
    text = os.environ.get(row.env)
    if text is None:
        return row.default
    try:
        return row.parse(text)
    except ValueError as error:
        raise ConfigError(f"{row.env} is {text!r}, which is not a value of its kind. {row.doc}") from error


def state_home() -> Path:
    """Return the folder for state of the user's programs, by the XDG base directory specification."""
    home = os.environ.get("XDG_STATE_HOME")
    return Path(home) if home else Path.home() / ".local" / "state"


def cache_home() -> Path:
    """Return the folder for what the user's programs can make again, by the XDG base directory specification."""
    home = os.environ.get("XDG_CACHE_HOME")
    return Path(home) if home else Path.home() / ".cache"


def spare_the_cores() -> None:
    """Have numpy's OpenBLAS use one thread, unless the user says otherwise; call it before numpy is loaded.

    Scoring multiplies small matrices. More threads wait for each other on the cores of everyone else: a third of a
    worker's CPU time (`python -m benchmarks.end_to_end`).
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
