"""How much of the retrieved documents an answer used."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.retrieval.overlap import overlap
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import document_ends, document_words

__all__ = ["ContextUsed", "DocumentsUsed"]

_COLUMNS: Final = ("gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_retrieval_documents")
_SHARES: Final = pa.array([*(f"{share / 100:g}" for share in range(101)), "null"])
_NOTHING_OFFERED: Final = len(_SHARES) - 1


class ContextUsed(EventSignal):
    """The share of the documents' content words that the answer took up; those of the question are left out.

    It counts one word more than the documents have, so that it stays below 1.

    >>> from windvane.stream.testing import batch_of
    >>> call = {"prompt": "When did the museum open?", "context": ["The museum opened in 1912. Paintings fill it."]}
    >>> answers = ["In 1912.", "Paintings fill it since 1912.", "No idea.", None]
    >>> ContextUsed().score(batch_of({**call, "response": answer} for answer in answers)).round(2).tolist()
    [0.2, 0.6, 0.0, nan]
    """

    name = Signal.CONTEXT_USED
    info = SignalInfo(
        unit="share",
        range="0 to 1, below 1",
        columns=_COLUMNS,
        source="definition; words are one by their first five letters",
        cost_us=3.0,
        doc="The share of the documents' content words that the answer took up; those of the question are left out.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        held = batch.derived(overlap)
        ends = batch.derived(document_words).first[document_ends(batch)]
        offered, taken = np.diff(held.offered[ends]), np.diff(held.taken[ends])
        return np.where(held.answered & (offered > 0), taken / (offered + 1), np.nan)


class DocumentsUsed(EventSignal):
    """The same of each document, as JSON in the documents' order: null of one that has nothing beyond the question.

    >>> from windvane.stream.testing import batch_of
    >>> documents = ["The museum opened in 1912.", "Closed on Mondays.", "Museum?"]
    >>> call = {"prompt": "When did the museum open?", "context": documents}
    >>> answers = ["In 1912, and it is closed on Mondays.", None]
    >>> DocumentsUsed().score(batch_of({**call, "response": answer} for answer in answers)).to_pylist()
    ['[0.33,0.67,null]', None]
    """

    name = Signal.DOCUMENTS_USED
    info = SignalInfo(
        unit="shares, as JSON",
        range="each 0 to 1, below 1",
        columns=_COLUMNS,
        source="see context_used",
        cost_us=1.0,
        doc="Of each document, in order, the share of its content words that the answer took up; null of one that has "
        "none beyond the question.",
    )

    def score(self, batch: Batch) -> pa.Array:
        """See `EventSignal.score`."""
        held = batch.derived(overlap)
        ends = batch.derived(document_words).first
        offered, taken = np.diff(held.offered[ends]), np.diff(held.taken[ends])
        share = np.where(offered > 0, np.round(100 * taken / (offered + 1)), _NOTHING_OFFERED).astype(np.int64)
        lists = pa.ListArray.from_arrays(pa.array(document_ends(batch), pa.int32()), _SHARES.take(share))
        whole = pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")
        return pc.if_else(pa.array(held.answered), whole, None)
