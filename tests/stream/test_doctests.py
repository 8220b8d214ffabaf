"""Every example in a docstring is true. Modules are imported by their names, so none is loaded twice."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import windvane.collectors
import windvane.dashboards
import windvane.storage
import windvane.stream


def modules() -> Iterator[str]:
    for package in (windvane.collectors, windvane.stream, windvane.storage, windvane.dashboards):
        yield package.__name__
        yield from (found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))


@pytest.mark.parametrize("name", list(modules()))
def test_the_examples_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
