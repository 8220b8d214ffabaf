"""Where texts may give a value to a name of secrets: `password: `, "the passphrase is", `-u ann:`, `</apiKey>`."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.collectors.redaction.named import OTHER_NAMES
from windvane.stream.compiled import compiled
from windvane.stream.text.words import Words

__all__ = ["named"]

_COLON, _EQUALS, _COMMA, _DASH, _OVER, _SPACE, _ZERO, _NINE = b":=,-> 09"
_QUOTES: Final = np.zeros(256, bool)
_QUOTES[list(b"\"'`")] = True
_NAMES: Final = (
    "password passwort passwd passphrase passcode passe pass pwd pw secret secretkey secrettoken secretvalue "
    "secretaccesskey secretaccesstoken secretaccessvalue authorization"
).split()
_FAR: Final = 24
"""Bytes from a name to the sign that gives it a value: an ending such as `_staging`, quotes and spaces are between."""
_TAILS: Final = np.array([int.from_bytes(name[-8:].encode(), "little") for name in _NAMES], np.uint64)
_SHIFTS: Final = np.array([64 - 8 * min(len(name), 8) for name in _NAMES], np.uint64)
"""Their last eight bytes at most, as the high bytes of a little-endian word, and where these begin."""
_LAST_TWO: Final = np.zeros(1 << 16, bool)
_LAST_TWO[[int.from_bytes(name[-2:].encode(), "little") for name in _NAMES]] = True
_IS: Final = np.uint64(int.from_bytes(b"is", "little"))
_PASS: Final = np.uint64(int.from_bytes(b"pass", "little"))
_FOUR: Final = np.uint64((1 << 32) - 1)
_IDENTIFIED: Final = np.uint64(int.from_bytes(b"identifi", "little"))
_UNSPACED: Final = "密パ"
_HIGH: Final = np.uint64(0x80)
_ELSEWHERE: Final = np.array(
    [int.from_bytes((name[:2] if name[0] in _UNSPACED else name).encode()[:8], "little") for name in OTHER_NAMES],
    np.uint64,
)
"""What names of passwords that are not English begin with, as words' heads have it."""
_SHORTEST: Final = 6
"""Bytes of a name behind which anything may be a password: `passwd`, but not the statement of Python."""
_OPTIONS: Final = np.array([chr(byte) in "uUpwa" for byte in range(256)])
_ELEMENTS: Final = np.array(
    [int.from_bytes(end, "little") for end in (b"key", b"ret", b"ken", b"pwd", b"ord", b"ass", b"swd", b"ase")],
    np.uint64,
)
"""Last three bytes, in lower case, of elements that hold a secret."""


def named(words: Words) -> NDArray[np.int64]:
    """Return where a sign, or "is", may give a value to a name of secrets: at most two words before it ends one."""
    found = np.empty(len(words.marks) + len(words.end), np.int64)
    eight = np.ndarray((len(words.lower) - 7,), "<u8", buffer=words.lower, strides=(1,))
    return found[: _find_named(words.raw, eight, words.marks, words.begin, words.end, words.head, found)]


@compiled
def _find_named(
    raw: NDArray[np.uint8], eight: NDArray[np.uint64], marks: NDArray[np.int64], begin: NDArray[np.int64],
    end: NDArray[np.int64], head: NDArray[np.uint64], found: NDArray[np.int64],
) -> int:  # fmt: skip
    """Write the places of such signs: signs and words are walked side by side."""
    count = word = 0
    for mark in marks:
        sign = raw[mark]
        gives = sign in (_COLON, _EQUALS)
        if sign == _COMMA:
            gives = _QUOTES[raw[mark + 1]] or _QUOTES[raw[mark + 2]]
        if (sign in (_DASH, _OVER, _COLON)) and _is_form(raw, eight, mark):
            found[count] = mark
            count += 1
            continue
        if not gives:
            continue
        while word < len(end) and end[word] <= mark:
            word += 1
        for last in range(max(word - 3, 0), word):
            if mark - end[last] <= _FAR and _is_name(raw, eight, end[last]):
                found[count] = mark
                count += 1
                break
    for word in range(len(head)):
        named = head[word] == _IDENTIFIED or head[word] in (_ELSEWHERE[0], _ELSEWHERE[1])
        if head[word] & _HIGH:
            named = np.any(head[word] == _ELSEWHERE)
        if head[word] & _FOUR == _PASS and end[word] - begin[word] >= _SHORTEST:
            named = _is_name(raw, eight, end[word])
        elif head[word] == _IS and word and begin[word] - end[word - 1] <= _FAR:
            named = _is_name(raw, eight, end[word - 1])
        if named:
            found[count] = begin[word]
            count += 1
    return count


@compiled
def _is_form(raw: NDArray[np.uint8], eight: NDArray[np.uint64], mark: int) -> bool:
    """Return whether a sign is that of an option such as ` -u`, ends a secret's element, or is before a port."""
    if raw[mark] == _DASH:
        return _OPTIONS[raw[mark + 1]] and (raw[mark - 1] in (_SPACE, _DASH) or _QUOTES[raw[mark - 1]])
    if raw[mark] == _OVER:
        tail = eight[max(mark, 8) - 8] >> np.uint64(40)
        return bool(np.any(tail == _ELEMENTS))
    digits = 0
    while digits < 6 and _ZERO <= raw[mark + 1 + digits] <= _NINE:
        digits += 1
    return digits >= 4 and raw[mark + 1 + digits] == _COLON


@compiled
def _is_name(raw: NDArray[np.uint8], eight: NDArray[np.uint64], end: int) -> bool:
    """Return whether a name of secrets ends there, or with up to three digits more."""
    for _ in range(3):
        end -= _ZERO <= raw[end - 1] <= _NINE
    # The eight bytes before a place; there are at least four.
    tail = eight[max(end, 8) - 8] << np.uint64(8 * (8 - min(end, 8)))
    if not _LAST_TWO[np.int64(tail >> np.uint64(48))]:
        return False
    found = False
    for name in range(len(_TAILS)):
        found |= tail >> _SHIFTS[name] == _TAILS[name]
    return found
