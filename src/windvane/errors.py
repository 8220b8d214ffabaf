"""Every error windvane raises, in one tree.

    WindvaneError
    ├── ConfigError            a setting, option or file of the user's is wrong
    ├── InputError             a file to replay or score cannot be read as asked
    ├── EventRefused           one event is invalid: carries its `reason`
    ├── EnvelopeError          one record of the log is no envelope: carries its `reason`
    ├── TransportError         an envelope did not become durable; it may be sent again
    ├── NotifyError            a channel did not take a message: says whether another attempt can mend it
    ├── LogError
    │   └── RecordTooLarge     the log takes no record of this size
    ├── GrafanaError           Grafana refused something, or does not answer
    └── StoreError
        ├── StoreUnavailable   the store does not answer now; the same call may succeed later
        ├── MigrationError     the schema is not where the command needs it
        ├── DirectoryInUse     another process owns the chDB directory
        └── Fenced             another worker has taken the partition over; stop writing

A message states the fact, then the remedy.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "ConfigError",
    "DirectoryInUse",
    "EnvelopeError",
    "EventRefused",
    "Fenced",
    "GrafanaError",
    "InputError",
    "LogError",
    "MigrationError",
    "NotifyError",
    "Reason",
    "RecordTooLarge",
    "StoreError",
    "StoreUnavailable",
    "TransportError",
    "WindvaneError",
]


class Reason(StrEnum):
    """Why an event or a record was refused or lost: one set of words for dead letters, ledger, HTTP and stats()."""

    # Of one event.
    NOT_AN_OBJECT = "not_an_object"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    TIME_IN_FUTURE = "time_in_future"
    OVERSIZE = "oversize"
    # Of a whole record of the log.
    UNDECODABLE = "undecodable"
    UNSUPPORTED_VERSION = "unsupported_version"
    DECOMPRESSED_SIZE = "decompressed_size"
    # Of an event that never left the app.
    SPOOL_FULL = "spool_full"
    SPOOL_ERROR = "spool_error"
    REENTRANT = "reentrant"
    CLOSED = "closed"


class WindvaneError(Exception):
    """Base of all errors raised by windvane."""


class ConfigError(WindvaneError):
    """A setting, an option or a file of the user's is wrong."""


class InputError(WindvaneError):
    """A file to replay or score cannot be read as asked."""


class EventRefused(WindvaneError):
    """One event is invalid; the others of its envelope are not touched. `field` is the name at fault, if it is one."""

    def __init__(self, reason: Reason, detail: str, field: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.field = field


class EnvelopeError(WindvaneError):
    """One record of the log is no envelope. It goes to the dead letters as a whole."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class TransportError(WindvaneError):
    """An envelope did not become durable. It may be sent again: repeats are recognized by source and sequence."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotifyError(WindvaneError):
    """A channel did not take a message. `permanent`: another attempt cannot mend it, such as a wrong URL."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class LogError(WindvaneError):
    """The log refused or failed an operation."""


class RecordTooLarge(LogError):
    """The log takes no record of this size."""


class GrafanaError(WindvaneError):
    """Grafana refused something, or does not answer. What was written before stays written."""


class StoreError(WindvaneError):
    """The store refused an operation; the same call would fail again."""


class StoreUnavailable(StoreError):
    """The store does not answer now; the same call may succeed later."""


class MigrationError(StoreError):
    """The schema is not where the command needs it."""


class DirectoryInUse(StoreError):
    """Another process owns the chDB directory: one process at a time can open it."""


class Fenced(StoreError):
    """Another worker has taken the partition over: this one must stop writing to it."""
