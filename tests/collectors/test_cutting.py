"""A text that is too long is cut, and never in a secret: half of one matches no pattern, and would be sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from benchmarks.redaction_texts import planted
from tests.collectors.dialects import span
from tests.collectors.gateways import gateway, get
from tests.collectors.test_otlp import export
from windvane.collectors.event import INDEX, NAMES
from windvane.collectors.gateway.otlp import messages as of_gateway
from windvane.collectors.gateway.otlp.evaluation import EVALUATION, feedback
from windvane.collectors.gateway.otlp.logs import read
from windvane.collectors.gateway.otlp.mapping import Mapper
from windvane.collectors.gateway.otlp.span import LogRecord, Place, Span, SpanEvent
from windvane.collectors.gateway.otlp.words import operation_of
from windvane.collectors.instrument import guarding, messages
from windvane.collectors.instrument.unread import shortened
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.redaction.cutting import cut
from windvane.collectors.redaction.policy import Policy
from windvane.collectors.redaction.redactor import Redactor

_PLACE: Final = Place({}, "")
_SECRETS: Final = ("sk-proj-4fq09Zk2mPq8LwXyz01AbCdEf", "4111 1111 1111 1111", "ann.lee@shop.example", "Tr0ub4dor&3xY")


def _messages(text: str) -> str:
    return messages.encode([messages.message("user", messages.text(text))]) or ""


def _of_gateway(text: str) -> str:
    return of_gateway.encoded([messages.message("user", messages.text(text))]) or ""


def _system(text: str) -> str:
    row = [None] * len(NAMES)
    row[INDEX["gen_ai_system_instructions"]] = text  # type: ignore[call-overload]
    return str(shortened(row)[INDEX["gen_ai_system_instructions"]])


def _explanation(text: str) -> str:
    row = feedback(_PLACE, "", "", SpanEvent(EVALUATION, 0, {"gen_ai.evaluation.explanation": text}))
    return str(row[INDEX["attributes"]]["gen_ai.evaluation.explanation"])


def _operation(text: str) -> str:
    return operation_of({"gen_ai.operation.name": text})[0]


def _record(text: str) -> str:
    return next(iter(read([LogRecord(_PLACE, "", "", text, 0, {}, None)]).left_out))


def _attribute(text: str) -> str:
    mapper = Mapper()
    mapper.row(Span(_PLACE, "", "", "", "", 0, 0, {text: 1}, [], False, ""), "chat")
    return next(iter(mapper.unmapped))


_CUTS: Final[dict[str, Callable[[str], str]]] = {
    "messages": _messages, "messages at the gateway": _of_gateway, "system prompt": _system,
    "explanation": _explanation, "operation": _operation, "name of a record": _record,
    "name of an attribute": _attribute,
}  # fmt: skip


@pytest.mark.parametrize("secret", _SECRETS)
@pytest.mark.parametrize("where", _CUTS)
def test_no_cut_leaves_half_a_secret_that_redaction_would_miss(where: str, secret: str) -> None:
    # Of three bytes each where bytes are counted: else the redactor has a limit before, and looks beyond it.
    filler, size = ("界", 3) if "messages" in where else ("x", 1)
    keep = _CUTS[where]
    long = keep(filler * 200_000).count(filler)
    name = " password: " if secret.startswith("Tr0") else " it is "
    for half in (len(secret) // 2, len(secret) - 1):
        before = filler * (long - (half + len(name)) // size - 1) + name
        kept = Redactor(Policy(body_chars=1 << 20)).text(keep(before + secret + " and more" * 20_000))[0]
        assert secret[: half // 2] not in kept
        assert len(kept) > long - 60, "no more than the secret is lost"


def test_what_was_planted_is_cut_whole_or_not_at_all() -> None:
    for kind, text, start, end in planted(2, seed=4):
        for most in range(start + 1, end, 3):
            kept = cut(text, most)
            assert text.startswith(kept) and len(kept) <= start, (kind, text, most)
        assert cut(text, len(text)) == text


def test_names_that_the_gateway_gives_out_are_redacted(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "log.sqlite", topic="t")) as log, gateway(log) as port:
        export(port, span({"gen_ai.request.model": "m", f"my.{_SECRETS[0]}": 1, "of ann@shop.example": 2}, []))
        told = get(port, "/v1/unmapped.json")
    assert told.told["unmapped_attributes"] == {"my.[PROVIDER_KEY]": 1, "of [EMAIL]": 1}


def test_a_failure_of_ours_is_logged_without_the_words_of_the_error(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        raise ValueError(f"cannot read {_SECRETS[0]}")

    with caplog.at_level(logging.DEBUG, "windvane"):
        guarding.guarded(fails)()
    assert "ValueError" in caplog.text and __file__ in caplog.text and _SECRETS[0] not in caplog.text
