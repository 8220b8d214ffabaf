"""Cuts texts that are too long, so that no half of a secret is left at the end: half of it matches no pattern."""

from __future__ import annotations

from typing import Final

__all__ = ["cut"]

_AROUND: Final = 4096
"""Characters before and behind the cut that are looked at. Of what began earlier, the beginning is found later."""


def cut(text: str, most: int) -> str:
    """Return at most `most` characters of a text; what the redactor would find across the cut is left out whole.

    >>> cut("write to ann@shop.example", 24), cut("write to ann@shop.example", 30)
    ('write to ', 'write to ann@shop.example')
    """
    if len(text) <= most:
        return text
    from windvane.collectors.redaction.scanner import find  # its expressions, for the few texts that are too long

    begin = max(0, most - _AROUND)
    for found in find(text[begin : most + _AROUND]):
        if begin + found.start < most < begin + found.end:
            return text[: begin + found.start]
    return text[:most]
