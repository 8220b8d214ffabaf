"""What was said, as plain text: of prompts and answers that are messages in JSON, the words without the wrapping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.text.words import Words, words_of

__all__ = ["answer_words", "answers", "document_ends", "document_words", "documents", "instructions"]
__all__ += ["prompt_words", "prompts", "queries", "query_words"]

_IN, _OUT, _SYSTEM = "gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_system_instructions"
_DOCUMENTS: Final = "gen_ai_retrieval_documents"


class _Part(msgspec.Struct):
    """A piece of a message: text, or something else that has none."""

    text: Any = None
    content: Any = None


class _Message(msgspec.Struct):
    """A message in OpenAI's, Anthropic's or OpenTelemetry's shape."""

    role: str = ""
    text: str | None = None
    content: str | list[_Part | str] | None = None
    parts: list[_Part | str] = []

    @property
    def sound(self) -> bool:
        """Whether this is one: any object can be read as a message of which nothing is known."""
        return bool(self.role or self.text or self.content or self.parts)


_many: Final = msgspec.json.Decoder(list[list[_Message]])
_one: Final = msgspec.json.Decoder(list[_Message])


def answers(batch: Batch) -> pa.Array:
    """Return the text of each event's answer, string (n,), null where there is none."""
    return _plain(batch.arrow(_OUT), _all)


def prompts(batch: Batch) -> pa.Array:
    """Return the text of each event's prompt, string (n,): all its messages, earlier turns among them."""
    return _plain(batch.arrow(_IN), _all)


def queries(batch: Batch) -> pa.Array:
    """Return what was asked last, string (n,): the last message of the user, or the whole prompt if it is plain."""
    return _plain(batch.arrow(_IN), _last)


def instructions(batch: Batch) -> pa.Array:
    """Return the system's instructions and what was asked last, string (n,): what went before is no part of it.

    Null where both are absent; `queries` where there are no instructions.
    """
    system, inside = _plain(batch.arrow(_SYSTEM), _all), _plain(batch.arrow(_IN), _asked)
    if system.null_count == len(system):
        return inside
    both = pc.binary_join_element_wise(pc.fill_null(system, ""), pc.fill_null(inside, ""), "\n\n")
    return pc.if_else(pc.or_(system.is_valid(), inside.is_valid()), both, pa.scalar(None, pa.string()))


def documents(batch: Batch) -> pa.Array:
    """Return the retrieved documents of all events one after the other, string (d,).

    Whose they are is said by `document_ends`.
    """
    return batch.arrow(_DOCUMENTS).flatten()


def document_ends(batch: Batch) -> NDArray[np.int64]:
    """Return where the documents of each event begin among `documents`, int64 (n + 1,)."""
    ends = batch.arrow(_DOCUMENTS).offsets.to_numpy()
    return np.asarray(ends - ends[0], np.int64)


def answer_words(batch: Batch) -> Words:
    """Return the words of `answers`; ask for them through `Batch.derived`."""
    return words_of(batch.derived(answers))


def prompt_words(batch: Batch) -> Words:
    """Return the words of `prompts`."""
    return words_of(batch.derived(prompts))


def query_words(batch: Batch) -> Words:
    """Return the words of `queries`: those of the prompts where no prompt is JSON."""
    asked = batch.derived(queries)
    return batch.derived(prompt_words) if asked.equals(batch.derived(prompts)) else words_of(asked)


def document_words(batch: Batch) -> Words:
    """Return the words of `documents`."""
    return words_of(batch.derived(documents))


def _plain(cells: pa.Array, say: Any) -> pa.Array:
    """Return the cells with those that are messages in JSON replaced by what `say` makes of them."""
    if cells.null_count == len(cells):
        return cells.cast(pa.string())
    wrapped = pc.fill_null(pc.starts_with(cells, "[{"), False)
    places = np.flatnonzero(wrapped.to_numpy(zero_copy_only=False))
    if not len(places):
        return cells
    found = pc.take(cells, pa.array(places)).to_pylist()
    said = [cell if messages is None else say(messages) for cell, messages in zip(found, _read(found), strict=True)]
    return pc.replace_with_mask(cells, wrapped, pa.array(said, pa.string()))


def _read(cells: Sequence[str]) -> Iterable[Sequence[_Message] | None]:
    try:
        read: Iterable[Sequence[_Message] | None] = _many.decode("[" + ",".join(cells) + "]")
    except msgspec.DecodeError:  # one of them is no list of messages: each by itself
        read = map(_read_one, cells)
    return (found if found and any(message.sound for message in found) else None for found in read)


def _read_one(cell: str) -> Sequence[_Message] | None:
    try:
        return _one.decode(cell)
    except msgspec.DecodeError:
        return None


def _all(messages: Sequence[_Message]) -> str:
    return "\n\n".join(filter(None, map(_said, messages)))


def _asked(messages: Sequence[_Message]) -> str:
    last = [message for message in messages if message.role == "user"][-1:] or messages
    told = [message for message in messages if message.role in ("system", "developer")]
    return "\n\n".join(filter(None, map(_said, (*told, *last))))


def _last(messages: Sequence[_Message]) -> str:
    asked = [message for message in messages if message.role == "user"]
    return _said(asked[-1]) if asked else _all(messages)


def _said(message: _Message) -> str:
    if isinstance(message.content, str):
        return message.content
    if message.text:  # a block of an answer in Anthropic's shape
        return message.text
    pieces = [*(message.content or ()), *message.parts]
    return "\n".join(filter(None, map(_text, pieces)))


def _text(piece: _Part | str) -> str:
    if isinstance(piece, str):
        return piece
    return next((said for said in (piece.text, piece.content) if isinstance(said, str)), "")
