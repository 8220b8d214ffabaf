"""What Python executes first in an app under `windvane run`: the user's own `sitecustomize`, then ours."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

__all__: list[str] = []


def _theirs() -> None:
    """Be out of the way, and execute the `sitecustomize` that would have been found without us."""
    here = Path(__file__).parent
    sys.path[:] = [place for place in sys.path if not place or Path(place) != here]
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def _ours() -> None:
    try:
        import windvane

        windvane.instrument()
    except Exception as error:
        # Whatever it is: the app runs.
        print(f"windvane: calls are not told ({sys.executable}: {error}). Install windvane for it.", file=sys.stderr)


try:
    _theirs()
finally:
    _ours()
