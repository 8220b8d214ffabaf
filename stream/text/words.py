"""The words of many texts at once, as arrays over one buffer of bytes: found once per batch, shared by every signal.

A word is a run of letters, marks and digits of any script that separates words. Of scripts that do not (Chinese,
Japanese, Thai, Lao, Khmer, Burmese) every character is a word of its own, and its key holds the next one too: their
words are character bigrams.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.text.scripts import fold

__all__ = ["GAP", "Words", "words_of"]

T = TypeVar("T")

GAP: Final = 4
"""Zero bytes before, between and after the texts: the neighbours of a byte may be looked at without asking."""
_LOWER: Final = bytes(
    c if 48 <= c <= 57 or 97 <= c <= 122 or c >= 128 else c + 32 if 65 <= c <= 90 else 0 for c in range(256)
)
_PUNCTUATION: Final = np.array([c in string.punctuation.encode() + b"\n" for c in range(256)])
_FIRST: Final = np.array([(1 << 8 * count) - 1 for count in range(8)] + [2**64 - 1], np.uint64)
"""Masks of the first 0 to 8 bytes of a little-endian word."""


@dataclass(frozen=True)
class Words:
    """The words of n texts, m in all, in order. All arrays are shared: nobody changes one.

    `raw` and `lower` hold the texts' UTF-8 with `GAP` zero bytes around each (and more behind the last); in `lower`
    letters are in lower case and what separates words is zero. `text` int64 (n + 1,): text i is
    `raw[text[i] : text[i + 1] - GAP]`. `begin`, `end` int64 (m,): word j is `lower[begin[j] : end[j]]`. `first` int64
    (n + 1,): the words of text i are `first[i]` to `first[i + 1]`. `head` uint64 (m,): the first eight bytes of a word,
    fewer where it is shorter; of an unspaced character the bytes of it and the next. `marks` int64: where `raw` has
    ASCII punctuation or a line feed, in order. `ascii`: there is nothing else. `stops` int64: where a sentence ends by
    a sign that is not ASCII, the byte behind it.
    """

    raw: NDArray[np.uint8]
    lower: NDArray[np.uint8]
    text: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    first: NDArray[np.int64]
    head: NDArray[np.uint64]
    marks: NDArray[np.int64]
    ascii: bool
    stops: NDArray[np.int64]

    @property
    def texts(self) -> int:
        """How many texts there are, empty ones included."""
        return len(self.text) - 1

    @cached_property
    def _derived(self) -> dict[Callable[[Words], Any], Any]:
        return {}

    def derived(self, make: Callable[[Words], T]) -> T:
        """Return what `make` says of these words, asked once, as `Batch.derived` does of a batch: stems, sentences."""
        if make not in self._derived:
            self._derived[make] = make(self)
        return cast(T, self._derived[make])

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Words per text, int64 (n,)."""
        return np.diff(self.first)

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """The text of each word, int64 (m,)."""
        return np.repeat(np.arange(self.texts), self.counts)

    @cached_property
    def length(self) -> NDArray[np.int64]:
        """Bytes per word, int64 (m,)."""
        return self.end - self.begin

    @cached_property
    def number(self) -> NDArray[np.bool_]:
        """Whether a word begins with an ASCII digit, bool (m,)."""
        return self.head.view(np.uint8)[::8] < 58

    @cached_property
    def capital(self) -> NDArray[np.bool_]:
        """Whether a word begins with a capital letter of any script, bool (m,)."""
        found: NDArray[np.bool_] = self.raw[self.begin] != self.lower[self.begin]
        if not self.ascii:
            wide = self.raw[self.begin] >= 0xC2
            for ahead in (1, 2):
                found |= wide & (self.raw[self.begin + ahead] != self.lower[self.begin + ahead])
        return found

    @cached_property
    def inside(self) -> NDArray[np.int64]:
        """Bytes of UTF-8 that continue a character, counted up to each place; int64, one more than `raw`."""
        return np.concatenate([[0], np.cumsum((self.raw & 0xC0) == 0x80)])

    def characters(self, places: NDArray[np.int64], texts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places, bytes of `raw` within the given texts, as characters of these texts."""
        within = places - self.text[texts]
        return within if self.ascii else within - (self.inside[places] - self.inside[self.text[texts]])


def words_of(texts: pa.Array) -> Words:
    """Return the words of a string array (n,). A null has none.

    >>> words = words_of(pa.array(["Don't panic: 42!", None, "Größe 日本語"]))
    >>> [bytes(words.lower[a:b]).decode() for a, b in zip(words.begin, words.end)]
    ['don', 't', 'panic', '42', 'größe', '日', '本', '語']
    >>> words.first.tolist(), words.number.tolist()[:4]
    ([0, 4, 4, 8], [False, False, False, True])
    """
    data, text = _join(texts)
    raw, lower = np.frombuffer(data, np.uint8), np.frombuffer(data.translate(_LOWER), np.uint8)
    plain = data.isascii()
    wide = stops = np.zeros(0, np.int64)
    if not plain:
        lower = lower.copy()
        wide, width, stops = fold(raw, lower)
        lower.flags.writeable = False  # as that of plain texts: else what is compiled would be so twice
    edges, marks = np.empty(len(raw) + 1, np.int64), np.empty(len(raw) + 1, np.int64)
    edge, mark = _walk(raw, lower, _PUNCTUATION, edges, marks)
    begin, end = edges[0:edge:2].copy(), edges[1:edge:2].copy()
    if len(wide):
        begin, end = _split(lower, begin, end, wide, width)
    reach = np.minimum(end - begin, 8)
    if len(wide):
        at = np.searchsorted(begin, wide)
        pair = np.minimum(at + 1, len(begin) - 1)
        # A character of an unspaced script is known by itself and the next, where that follows at once.
        reach[at] = np.where(begin[pair] == end[at], np.minimum(end[pair] - wide, 8), end[at] - wide)
    head = np.empty(len(begin), np.uint64)
    _cut(np.ndarray((len(lower) - 7,), "<u8", buffer=lower, strides=(1,)), begin, reach, head)
    first = np.searchsorted(begin, text)
    return Words(raw, lower, text, begin, end, first, head, marks[:mark].copy(), plain, stops)


@compiled
def _walk(raw: NDArray[np.uint8], lower: NDArray[np.uint8], punctuation: NDArray[np.bool_], edges: NDArray[np.int64],
          marks: NDArray[np.int64]) -> tuple[int, int]:  # fmt: skip
    """Write where words begin and end in turn, and where punctuation is; return how many of each there are.

    One pass for what took numpy six, without a branch: a place that is none is written over by the next.
    """
    edge = mark = 0
    inside = False
    for at in range(len(raw)):
        letter = lower[at] != 0
        edges[edge] = at
        edge += letter != inside
        inside = letter
        marks[mark] = at
        mark += punctuation[raw[at]]
    return edge, mark


@compiled
def _cut(eights: NDArray[np.uint64], begin: NDArray[np.int64], reach: NDArray[np.int64],
         head: NDArray[np.uint64]) -> None:  # fmt: skip
    """Write the first bytes of each word, as many as it has within reach."""
    for word in range(len(begin)):
        head[word] = eights[begin[word]] & _FIRST[reach[word]]


def _join(texts: pa.Array) -> tuple[bytes, NDArray[np.int64]]:
    filled = pc.fill_null(texts, "")
    text = np.empty(len(filled) + 1, np.int64)
    text[0] = GAP
    np.cumsum(pc.binary_length(filled).to_numpy(zero_copy_only=False).astype(np.int64) + GAP, out=text[1:])
    text[1:] += GAP
    if isinstance(filled, pa.ChunkedArray):
        filled = filled.combine_chunks()
    whole = pa.ListArray.from_arrays(pa.array([0, len(filled)], pa.int32()), filled)
    joined = pc.binary_join(whole, "\0" * GAP)[0].as_buffer() if len(filled) else b""
    return b"".join((b"\0" * GAP, joined, b"\0" * (GAP + 12))), text


def _split(
    lower: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64], wide: NDArray[np.int64],
    width: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Return the words' edges with a word for each character of an unspaced script, at `wide`, `width` bytes long."""
    starts, ends = np.zeros(len(lower) + 1, bool), np.zeros(len(lower) + 1, bool)
    starts[begin], ends[end], starts[wide], ends[wide + width] = True, True, True, True
    after = wide + width
    starts[after[lower[after] != 0]] = True
    ends[wide[lower[wide - 1] != 0]] = True
    return np.flatnonzero(starts), np.flatnonzero(ends)
