"""Progress of long work: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


@contextmanager
def progress(verb: str, total: int | None = None, *, shown: bool = True) -> Iterator[Callable[[int], None]]:
    """Show how far a long piece of work is, unless `shown` is False; the function is told how much is done, in all."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console, transient=True, disable=not (shown and console.is_terminal),
    )  # fmt: skip
    with bar:
        task = bar.add_task(verb, total=total)
        yield lambda done: bar.update(task, completed=done)
