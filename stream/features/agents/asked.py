"""The tool calls that answers ask for, in the shapes of OpenAI, Anthropic, Google and OpenTelemetry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.text.hashes import text_hashes

__all__ = ["Asked", "asked"]

_HINT: Final = "tool_call|tool_use|function_call|functionCall"
_KINDS: Final = frozenset({"tool_call", "tool_use", "function_call"})
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class _Call(msgspec.Struct):
    """What one call has, by whichever names."""

    name: Any = None
    arguments: Any = None
    input: Any = None
    args: Any = None
    function: Any = None


class _Piece(_Call):
    """A message, or a part of one."""

    type: str | None = None
    tool_calls: list[_Call] | None = None
    function_call: _Call | None = None
    google_call: _Call | None = msgspec.field(default=None, name="functionCall")
    content: str | list[Any] | None = None
    parts: list[Any] | None = None


_pieces: Final = msgspec.json.Decoder(list[_Piece] | _Piece)


@dataclass(frozen=True)
class Asked:
    """`count` int64 (n,): tool calls in each answer. `key` uint64 (n,): a hash of their names and arguments, not of
    their ids, which are new each time; 0 where there are none."""

    count: NDArray[np.int64]
    key: NDArray[np.uint64]


def asked(batch: Batch) -> Asked:
    """Return what tools the answers ask for; asked through `Batch.derived`."""
    count, key = np.zeros(len(batch), np.int64), np.zeros(len(batch), np.uint64)
    answers = batch.arrow("gen_ai_output_messages")
    if answers.null_count == len(answers):
        return Asked(count, key)
    wrapped = pc.fill_null(pc.is_in(pc.utf8_slice_codeunits(answers, 0, 1), pa.array(["[", "{"])), False)
    rows = np.flatnonzero(wrapped.to_numpy(zero_copy_only=False))
    if not len(rows):
        return Asked(count, key)
    cells = answers.take(pa.array(rows))
    hinted = pc.match_substring_regex(cells, _HINT).to_numpy(zero_copy_only=False)
    found, texts = [], []
    for row, cell in zip(rows[hinted].tolist(), cells.filter(pa.array(hinted)).to_pylist(), strict=True):
        if calls := _calls(cell):
            found.append(row)
            texts.append("\n".join(calls))
            count[row] = len(calls)
    key[found] = text_hashes(pa.array(texts, pa.string()))
    return Asked(count, key)


def _calls(cell: str) -> list[str]:
    """Return the name and the arguments of each tool call in an answer, as one text."""
    try:
        read = _pieces.decode(cell)
        return [_text(call) for piece in (read if isinstance(read, list) else [read]) for call in _of(piece)]
    except (msgspec.DecodeError, RecursionError):
        return []  # JSON of another kind, which speaks of tools


def _of(piece: _Piece) -> Iterator[_Call]:
    yield from piece.tool_calls or ()
    for call in (piece.function_call, piece.google_call):
        if call is not None:
            yield call
    if piece.type in _KINDS and not piece.function_call:
        yield piece
    for below in (piece.content, piece.parts):
        for part in below if isinstance(below, list) else ():
            if isinstance(part, dict):
                try:
                    yield from _of(msgspec.convert(part, _Piece))
                except msgspec.ValidationError:
                    continue


def _text(call: _Call) -> str:
    if isinstance(call.function, dict):
        return _encode([call.function.get("name"), call.function.get("arguments")]).decode()
    told = next((each for each in (call.arguments, call.input, call.args) if each is not None), None)
    return _encode([call.name, told]).decode()
