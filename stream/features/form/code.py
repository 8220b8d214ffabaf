"""Whether the code in an answer parses."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.form.fences import answer_fences
from windvane.stream.features.form.json import BROKEN, read
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answers

__all__ = ["CodeValid"]

_BLOCK: Final = re.compile(
    r"^[ \t]*```(python3?|py|json)\b[^\n]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE | re.IGNORECASE
)
_MOST: Final = 16 * 1024
"""Characters of code of an answer that are parsed: a longer one says nothing."""
_PROMPT: Final = ">>> "


class CodeValid(EventSignal):
    """1 where all Python and JSON in the answer's code fences parses, 0 where some does not. Nothing is run.

    A fence that stays open, a console's session and code above 16,384 characters are passed over.

    >>> from windvane.stream.testing import batch_of
    >>> answers = ["```python\\nprint(1)\\n```", "So:\\n```python\\nprint(1\\n```\\nThat is all.", "print(1"]
    >>> CodeValid().score(batch_of({"response": answer} for answer in answers)).tolist()
    [1.0, 0.0, nan]
    """

    name = Signal.CODE_VALID
    info = SignalInfo(
        unit="yes or no",
        range="0 or 1",
        columns=("gen_ai_output_messages",),
        source="Python's own grammar; RFC 8259",
        cost_us=150.0,
        doc="1 where all Python and JSON in the answer's code fences parses, 0 where some does not; absent where "
        "there is none. Nothing is run.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        found = np.full(len(batch), np.nan)
        rows = np.flatnonzero(batch.derived(answer_fences) >= 2)
        if len(rows):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the code that is read, not of ours
                found[rows] = [_parses(text) for text in batch.derived(answers).take(rows).to_pylist()]
        return found


def _parses(text: str) -> float:
    blocks = [(kind.lower(), code) for kind, code in _BLOCK.findall(text) if not code.lstrip().startswith(_PROMPT)]
    if not blocks or sum(len(code) for _, code in blocks) > _MOST:
        return np.nan
    return float(all(read(code) is not BROKEN if kind == "json" else _is_python(code) for kind, code in blocks))


def _is_python(code: str) -> bool:
    try:
        ast.parse(textwrap.dedent(code))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True
