"""`anthropic`: messages, from Anthropic itself, Bedrock and Vertex."""

from __future__ import annotations

from typing import Final

from windvane.collectors.instrument.stainless import Stainless
from windvane.collectors.instrument.wire.anthropic_messages import MESSAGES

__all__ = ["INSTRUMENTATION"]

INSTRUMENTATION: Final = Stainless("anthropic", {"/v1/messages": MESSAGES}, "anthropic")
