"""The changes of state that compiled loops tell, by number."""

from __future__ import annotations

from typing import Final, cast

import numpy as np

from windvane.stream.detector import State

__all__ = ["ACCEPTED", "FIRED", "GONE", "NAMED", "RECOVERED", "STATES"]

# Not plain constants: of a function that is given one of those numba compiles one more for each value.
FIRED, RECOVERED, ACCEPTED, GONE, NAMED = (cast(int, np.int64(number)) for number in range(1, 6))
"""`GONE`: accepted, as one of two versions has no traffic. `NAMED`: a version has appeared, its name is to be kept."""

STATES: Final[dict[int, State]] = {FIRED: "fired", RECOVERED: "recovered", ACCEPTED: "accepted", GONE: "accepted"}
