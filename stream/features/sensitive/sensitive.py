"""Secrets and personal data in what was asked and answered: how many and of which kinds, never the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.collectors.redaction.kinds import KINDS, Kind, masks
from windvane.collectors.redaction.scanner import scan
from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.sensitive.candidates import may_hold, may_hold_mask
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import (
    answer_words,
    answers,
    document_ends,
    document_words,
    documents,
    prompt_words,
    prompts,
)
from windvane.stream.text.words import Words, words_of

__all__ = ["PiiSeen", "SecretsSeen", "SensitiveKinds", "sensitive"]

_COLUMNS: Final = (
    "gen_ai_input_messages",
    "gen_ai_output_messages",
    "gen_ai_system_instructions",
    "gen_ai_retrieval_documents",
    "error_message",
)
_SECRET: Final = "secret"
_SOURCE: Final = "the patterns of redaction; docs/reference/redaction.md"


class SecretsSeen(EventSignal):
    """Keys, tokens and passwords in the prompt, the system prompt, the answer, the documents and the error message.

    What the SDK has masked counts as seen: `[GIT_TOKEN]`.

    >>> from windvane.stream.testing import batch_of
    >>> prompts = ["Why does https://bob:hunter22@db.example fail?", "My token is [GIT_TOKEN].", "Hello", None]
    >>> SecretsSeen().score(batch_of({"prompt": prompt} for prompt in prompts)).tolist()
    [1.0, 1.0, 0.0, nan]
    """

    name = Signal.SECRETS_SEEN
    info = SignalInfo(
        unit="secrets",
        range="0 and above",
        columns=_COLUMNS,
        source=_SOURCE,
        cost_us=5.0,
        doc="Keys, tokens and passwords in the prompt, the system prompt, the answer, the documents and the error "
        "message; those that the SDK has masked count.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return _count(batch, secret=True)


class PiiSeen(EventSignal):
    """E-mail addresses, phone, card, account and national numbers and IP addresses in the same texts.

    >>> from windvane.stream.testing import batch_of
    >>> answers = ["Write to ann@shop.example or [EMAIL].", "Nobody.", None]
    >>> PiiSeen().score(batch_of({"response": answer} for answer in answers)).tolist()
    [2.0, 0.0, nan]
    """

    name = Signal.PII_SEEN
    info = SignalInfo(
        unit="personal data",
        range="0 and above",
        columns=_COLUMNS,
        source=_SOURCE,
        cost_us=0.2,
        doc="E-mail addresses, phone, card, account and national numbers and IP addresses in the same texts as "
        "secrets_seen.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return _count(batch, secret=False)


class SensitiveKinds(EventSignal):
    """Which kinds of both were seen and how often, as JSON.

    >>> from windvane.stream.testing import batch_of
    >>> prompts = ["ann@shop.example, bob@shop.example, card [CARD]", "Hello"]
    >>> SensitiveKinds().score(batch_of({"prompt": prompt} for prompt in prompts)).to_pylist()
    ['{"CARD":1,"EMAIL":2}', None]
    """

    name = Signal.SENSITIVE_KINDS
    info = SignalInfo(
        unit="counts, as JSON",
        range="kinds as in masks",
        columns=_COLUMNS,
        source=_SOURCE,
        cost_us=0.2,
        doc="Which kinds of secrets and personal data were seen and how often; absent where none was.",
    )

    def score(self, batch: Batch) -> pa.Array:
        """See `EventSignal.score`."""
        notes: list[str | None] = [None] * len(batch)
        for row, kinds in batch.derived(sensitive).items():
            counts = {kind.upper(): kinds[kind] for kind in sorted(kinds)}
            notes[row] = msgspec.json.encode(counts).decode()
        return pa.array(notes, pa.string())


def _count(batch: Batch, *, secret: bool) -> NDArray[np.float64]:
    seen = np.where(_says(batch), 0.0, np.nan)
    for row, kinds in batch.derived(sensitive).items():
        seen[row] = sum(count for kind, count in kinds.items() if (KINDS[kind].group == _SECRET) is secret)
    return seen


def sensitive(batch: Batch) -> Mapping[int, Mapping[Kind, int]]:
    """Return what was seen of each kind, by the events' places; nothing of an event without."""
    found: dict[int, Counter[Kind]] = {}
    for texts, words, events in _sources(batch):
        flags, masked = may_hold(words), may_hold_mask(words)
        looked = np.flatnonzero((flags > 0) | masked)
        read = zip(looked.tolist(), flags[looked].tolist(), texts.take(looked).to_pylist(), strict=True)
        for place, flag, text in read:
            if kinds := _kinds(text, flag):
                for row in events(place):
                    found.setdefault(row, Counter()).update(kinds)
    return found


def _kinds(text: str, flags: int) -> Counter[Kind]:
    kinds = Counter(Kind(found.kind) for found in scan(text, flags))
    kinds.update(_BY_MASK[match["kind"]] for match in masks().finditer(text) if match["kind"] in _BY_MASK)
    return kinds


_BY_MASK: Final = {kind.upper(): kind for kind in Kind}


def _sources(batch: Batch) -> Iterator[tuple[pa.Array, Words, Callable[[int], Iterable[int]]]]:
    """Yield texts, their words, and which events a text belongs to."""
    yield batch.derived(prompts), batch.derived(prompt_words), _itself
    yield batch.derived(answers), batch.derived(answer_words), _itself
    ends = document_ends(batch)
    yield (
        batch.derived(documents),
        batch.derived(document_words),
        lambda place: (int(np.searchsorted(ends, place, "right")) - 1,),
    )
    for name in ("gen_ai_system_instructions", "error_message"):
        codes = batch.codes(name)
        if len(codes.dictionary):
            which = codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            yield codes.dictionary, words_of(codes.dictionary), partial(_of_code, which)


def _itself(place: int) -> Iterable[int]:
    return (place,)


def _of_code(which: NDArray[np.int64], place: int) -> Iterable[int]:
    return [int(row) for row in np.flatnonzero(which == place)]


def _says(batch: Batch) -> NDArray[np.bool_]:
    """Return which events have any of these texts, bool (n,)."""
    says: NDArray[np.bool_] = np.diff(document_ends(batch)) > 0
    for name in _COLUMNS:
        cells = batch.arrow(name)
        if pa.types.is_string(cells.type):
            says |= cells.is_valid().to_numpy(zero_copy_only=False)
    return says
