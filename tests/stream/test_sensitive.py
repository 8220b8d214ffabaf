"""Secrets and personal data are counted wherever they are in a call, by kind, and never repeated."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from benchmarks.leaks_texts import FORMS, KINDS, planted
from tests.conftest import data_file
from windvane.collectors.redaction.kinds import KINDS as KNOWN
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.scanner import find
from windvane.stream.features.sensitive.sensitive import PiiSeen, SecretsSeen, SensitiveKinds
from windvane.stream.testing import batch_of

TOKEN = "ghp_" + "a1B2c3D4e5" * 3 + "F6g7H8"


def seen(**event: Any) -> dict[str, int]:
    """Return the kinds seen in one call; the two counts add up to them."""
    batch = batch_of([{"prompt": "ann@shop.example"}, event])
    note = SensitiveKinds().score(batch)[1].as_py()
    kinds: dict[str, int] = msgspec.json.decode(note) if note else {}
    secrets = sum(count for kind, count in kinds.items() if KNOWN[Kind(kind.lower())].group == "secret")
    assert SecretsSeen().score(batch)[1] == secrets and PiiSeen().score(batch)[1] == sum(kinds.values()) - secrets
    return kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Write to ann@shop.example and bob@shop.example.", {"EMAIL": 2}),
        (f"git clone https://{TOKEN}@git.example/x", {"GIT_TOKEN": 1}),
        ("The password is Tr0ub4dor&3x.", {"PASSWORD": 1}),
        ("postgres://app:s3cr3t-Pw@db.example/x", {"URL_PASSWORD": 1}),
        ("Card 4111 1111 1111 1111, please.", {"CARD": 1}),
        ("IBAN DE89 3704 0044 0532 0130 00", {"IBAN": 1}),
        ("It came from 203.0.113.77.", {"IP": 1}),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx1y2z3\n-----END RSA PRIVATE KEY-----", {"PRIVATE_KEY": 1}),
        ("The museum opened in 1912 and holds 4,300 paintings; tickets cost 12.50.", {}),
        ("A passage: see section 3.1.4, a state-of-the-art internationalization.", {}),
        (":", {}),
        ("= is @", {}),
    ],
)
def test_what_redaction_would_mask_is_counted_where_nothing_was_masked(text: str, kinds: dict[str, int]) -> None:
    assert seen(prompt=text) == kinds


@pytest.mark.parametrize("mask", ["[EMAIL]", "[EMAIL:0123456789ab]"])
def test_what_was_masked_already_counts(mask: str) -> None:
    assert seen(response=f"Write to {mask}, or to ann@shop.example.") == {"EMAIL": 2}
    assert seen(response="[Verse 1] [BODY:0123456789ab] [1] [NAME]") == {}


def test_prompt_system_answer_documents_and_error_are_looked_at() -> None:
    call = {"prompt": "a@x.example", "system": "b@x.example", "response": "c@x.example", "error_message": "d@x.example"}
    assert seen(**call, context=["nothing", "e@x.example, f@x.example"]) == {"EMAIL": 6}


def test_a_system_prompt_that_many_calls_share_counts_for_each() -> None:
    batch = batch_of(
        [{"system": "Mail ann@shop.example."}, {}, {"system": "Mail nobody."}, {"system": "Mail ann@shop.example."}]
    )
    assert PiiSeen().score(batch)[[0, 2, 3]].tolist() == [1, 0, 1]


def test_the_counts_never_hold_what_was_seen() -> None:
    note = SensitiveKinds().score(batch_of([{"prompt": f"ann@shop.example has {TOKEN}"}]))[0].as_py()
    assert "ann" not in note and TOKEN[4:] not in note


def test_nothing_that_redaction_finds_by_itself_is_missed_among_others() -> None:
    """Few texts are read: those that may hold something. The real sentences show that none is passed over."""
    lines = data_file("pii/presidio_synth_v2.jsonl").read_bytes().splitlines()
    texts = [msgspec.json.decode(line)["full_text"] for line in lines]
    batch = batch_of({"response": text} for text in texts)
    counts = SecretsSeen().score(batch) + PiiSeen().score(batch)
    assert counts.tolist() == [len(find(text)) for text in texts] and counts.sum() > 200


def test_nothing_that_was_planted_is_missed_among_others() -> None:
    texts = [each.text for each in planted(len(KINDS) * len(FORMS) * 3, seed=6, large=10**9)]
    batch = batch_of({"response": text} for text in texts)
    counts = (SecretsSeen().score(batch) + PiiSeen().score(batch)).tolist()
    assert [text for text, count in zip(texts, counts, strict=True) if not count and find(text)] == []
