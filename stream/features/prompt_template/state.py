"""What is remembered of the templates of each series: those that are known, and prompts that wait for company."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.features.prompt_template.index import AnchorIndex
from windvane.stream.features.prompt_template.mining import mine
from windvane.stream.features.prompt_template.words import Shingles
from windvane.stream.state import ArrayState

__all__ = ["EARLY", "SKETCH", "SURE", "WAITING", "TemplateState"]

WAITING: Final = 16
"""Prompts of no known template that are compared with one another, each with each."""
EARLY: Final = 8
"""Prompts that wait when they are first compared."""
SKETCH: Final = 64
"""Shingles that are kept of a prompt that waits."""
SURE: Final = 5
"""Prompts that have shown a template: then it is fixed, and has an id."""
_TEMPLATES: Final = 32
_ANCHORS: Final = 24
"""Shingles that a template is known by: of those that its first prompts share, the ones of the lowest numbers."""
_PRESENT: Final = 0.8
"""Part of a template's anchors that a prompt of it has, and that all prompts share which it is learned from."""
_IDLE: Final = 4096
"""Prompts of a series after which a fixed template that none of them had gives way to a new one."""
_PATIENCE: Final = 6
"""After a comparison in vain 8 prompts are passed over, after the next twice as many: so often, up to 256."""


class TemplateState(ArrayState):
    """The templates of each series. A template is a place in its record, and never changes once it is fixed."""

    dtype: ClassVar = np.dtype(
        [
            ("prompts", np.int64),  # taken in
            ("skip", np.int32),  # of the next without a template, how many are passed over
            ("vain", np.int32),  # comparisons in vain, one after the other
            ("waiting", np.int32),
            ("sketches", np.uint32, (WAITING, SKETCH)),
            ("made", np.int32),  # templates ever
            ("anchors", np.uint32, (_TEMPLATES, _ANCHORS)),  # 0: none
            ("size", np.int32, _TEMPLATES),  # anchors when it was made
            ("seen", np.int32, _TEMPLATES),  # prompts that have shown it, counted until it is fixed
            ("since", np.int32, _TEMPLATES),  # `made` when it was made
            ("used", np.int64, _TEMPLATES),  # `prompts` when one was last of it
            ("id", np.uint64, _TEMPLATES),
        ]
    )
    page_size: ClassVar = 16

    def __init__(self) -> None:
        super().__init__()
        self._index = AnchorIndex()

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """See `Stateful.load`."""
        super().load(pages)
        self._reindex()

    def known(self, shingles: Shingles, texts: NDArray[np.int64], home: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place of the template of each of `texts`, whose series are `home`; -1 where it has none.

        It is the oldest of those whose anchors it has. None comes to match more than it did, so that a text that has an
        id keeps it, whatever is learned later.
        """
        if not self._index.held:
            return np.full(len(texts), -1)
        if 2 * len(texts) > shingles.words.texts:
            homes, nth = np.zeros(shingles.words.texts, np.int64), np.full(shingles.words.texts, -1)
            homes[texts], nth[texts] = home, np.arange(len(texts))
            owner, own = shingles.words.owner, shingles.of
        else:
            words, owner = shingles.of_texts(texts)
            homes, nth, own = home, np.arange(len(texts)), shingles.of[words]
        which, where = self._index.find(homes, owner, own)
        text, shingle = nth[owner[which]], own[which]
        at, anchor = np.divmod(where, _ANCHORS)
        at, template = np.divmod(at, _TEMPLATES)
        sound = (text >= 0) & (at == home[text]) & (self.state["anchors"][at, template, anchor] == shingle)
        text, template, anchor = text[sound], template[sound], anchor[sound]
        width = int(template.max(initial=0)) + 1
        found = np.zeros((_ANCHORS, len(texts), width), bool)
        found[anchor, text, template] = True
        size = self.state["size"][:, :width][home]
        matches = (found.sum(axis=0, dtype=np.uint8) >= _PRESENT * size) & (size > 0)
        since = np.where(matches, self.state["since"][:, :width][home], np.iinfo(np.int32).max)
        return np.where(matches.any(axis=1), since.argmin(axis=1), -1)

    def compare(self, home: int, shingles: NDArray[np.uint32]) -> int:
        """Look for templates among the prompts that wait; return the id of the last, whose shingles these are, or 0."""
        record = self.state[home]
        waiting = int(record["waiting"])
        alone, made = np.ones(waiting, bool), []
        for members, shared in mine(record["sketches"][:waiting]):
            alone[members] = False
            place = self._place(home)
            if place >= 0:
                self._make(home, place, shared, len(members))
                made.append(place)
        rest = np.flatnonzero(alone)
        if made:
            record["vain"] = 0
        elif waiting == WAITING or len(rest) < waiting:
            rest = rest[-EARLY:]
            record["vain"] = min(record["vain"] + 1, _PATIENCE)
            record["skip"] = 4 << record["vain"]
        record["sketches"][: len(rest)] = record["sketches"][rest]
        record["sketches"][len(rest) :] = 0
        record["waiting"] = len(rest)
        present = np.isin(record["anchors"][made], shingles).sum(axis=1) >= _PRESENT * record["size"][made]
        return int(record["id"][made][present.argmax()]) if present.any() else 0

    def show(self, home: int, place: int, shingles: NDArray[np.uint32]) -> int:
        """Take in the shingles of a prompt whose template is not fixed; return its id, 0 if it has none yet."""
        record = self.state[home]
        anchors = record["anchors"][place]
        anchors[~np.isin(anchors, shingles)] = 0
        record["seen"][place] += 1
        if np.count_nonzero(anchors) < _PRESENT * record["size"][place]:
            anchors[:] = record["size"][place] = record["seen"][place] = record["used"][place] = 0
            return 0
        return self._fix(home, place)

    def _place(self, home: int) -> int:
        """Return the place of the template that has been idle for the longest, -1 if all are fixed and in use."""
        record = self.state[home]
        fixed = record["seen"] >= SURE
        end = record["used"] + fixed * _IDLE
        place = int(end.argmin())
        return -1 if fixed[place] and end[place] >= record["prompts"] else place

    def _make(self, home: int, place: int, shingles: NDArray[np.uint32], seen: int) -> None:
        record, anchors = self.state[home], np.sort(shingles)[:_ANCHORS]
        record["anchors"][place] = 0
        record["anchors"][place, : len(anchors)] = anchors
        record["size"][place], record["seen"][place], record["id"][place] = len(anchors), seen, 0
        record["since"][place], record["used"][place] = record["made"], record["prompts"]
        record["made"] += 1
        places = (home * _TEMPLATES + place) * _ANCHORS + np.arange(len(anchors))
        if not self._index.add(np.full(len(anchors), home), anchors, places):
            self._reindex()
        self._fix(home, place)

    def _fix(self, home: int, place: int) -> int:
        """Fix a template that enough prompts have shown. Its id tells its anchors: another series finds the same."""
        record = self.state[home]
        if record["seen"][place] < SURE:
            return 0
        anchors = np.sort(record["anchors"][place])
        digest = blake2b(anchors[anchors > 0].astype("<u4").tobytes(), digest_size=5).digest()
        record["id"][place] = int.from_bytes(digest, "big")
        return int(record["id"][place])

    def _reindex(self) -> None:
        anchors = self.state["anchors"].reshape(-1)
        places = np.flatnonzero(anchors)
        self._index.reset(places // (_TEMPLATES * _ANCHORS), anchors[places], places)
