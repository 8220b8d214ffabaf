"""How much a retrieval brought."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import document_ends

__all__ = ["Retrieved"]

_RETRIEVAL: Final = "retrieval"


class Retrieved(EventSignal):
    """How many documents a retrieval brought, or a call was given; 0 where a retrieval that did not fail brought none.

    >>> from windvane.stream.testing import batch_of
    >>> retrieval = {"operation": "retrieval", "prompt": "kittens"}
    >>> events = [{"context": ["One.", "Two."]}, retrieval, {**retrieval, "error": "timeout"}, {"prompt": "hi"}]
    >>> Retrieved().score(batch_of(events)).tolist()
    [2.0, 0.0, nan, nan]
    """

    name = Signal.RETRIEVED
    info = SignalInfo(
        unit="documents",
        range="from 0",
        columns=("gen_ai_retrieval_documents", "gen_ai_operation_name", "error_type"),
        source="definition",
        cost_us=0.1,
        doc="How many documents a retrieval brought, or a call was given; 0 where an event of the operation `retrieval`"
        " brought none and did not fail.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        count = np.diff(document_ends(batch)).astype(np.float64)
        asked = pc.fill_null(pc.equal(batch.arrow("gen_ai_operation_name"), _RETRIEVAL), False)
        empty = pc.and_(asked, batch.arrow("error_type").is_null()).to_numpy(zero_copy_only=False)
        return np.where((count > 0) | empty, count, np.nan)
