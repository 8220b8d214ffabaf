"""What is said of embeddings: their shape, whether they are broken, how far they are from the usual of their series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from windvane.stream.detector import EventSignal
from windvane.stream.features.embeddings.distance import EmbeddingDistance
from windvane.stream.features.embeddings.shape import EmbeddingBroken, EmbeddingDimension, EmbeddingNorm
from windvane.stream.testing import batch_of


def of(signal: EventSignal, vectors: list[Any]) -> list[float]:
    said: Any = signal.score(batch_of([{"prompt": "p"}, *({"embedding": vector} for vector in vectors)]))
    assert np.isnan(said[0])
    return list(said[1:].tolist())


def distances(signal: EmbeddingDistance, vectors: NDArray[Any], series: int = 0) -> NDArray[np.float64]:
    batch = batch_of({"embedding": vector} for vector in vectors)
    return signal.score(batch, np.full(len(vectors), series), series + 1)


def around(direction: NDArray[Any], count: int, spread: float, seed: int) -> NDArray[np.float64]:
    """Return vectors of length 1 that point about one way."""
    made = direction + spread * np.random.default_rng(seed).normal(size=(count, len(direction)))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True))


def way(size: int, seed: int) -> NDArray[np.float64]:
    made = np.random.default_rng(seed).normal(size=size)
    return np.asarray(made / np.linalg.norm(made))


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, 384, 1536, 3072])
def test_dimension_and_norm_are_those_of_the_vector_whatever_its_size(size: int) -> None:
    vectors = [way(size, seed).astype(np.float32) * scale for seed, scale in enumerate((1, 5, 1e-3))]
    assert of(EmbeddingDimension(), vectors) == [size] * 3
    assert of(EmbeddingNorm(), vectors) == pytest.approx([float(np.linalg.norm(vector)) for vector in vectors])
    assert of(EmbeddingBroken(), vectors) == [0, 0, 0]


def test_vectors_of_one_number_over_and_over_are_broken() -> None:
    vectors = [[0.0] * 8, [0.25] * 300, [0.25] * 299 + [0.26], [0.0], [0.5], [0.0, -0.0], [1e-45, 0]]
    assert of(EmbeddingBroken(), vectors) == [1, 1, 0, 1, 0, 1, 0]


def test_numbers_as_large_as_there_are_have_a_norm() -> None:
    assert of(EmbeddingNorm(), [[3e38] * 100 + [-3e38]]) == [pytest.approx(3e38 * np.sqrt(101), rel=1e-5)]


def test_an_embedding_near_the_usual_is_near_and_a_moved_space_is_far() -> None:
    signal, usual = EmbeddingDistance(), way(768, 0)
    first = distances(signal, around(usual, 200, 0.03, 1))
    assert np.isnan(first[:16]).all() and not np.isnan(first[16:]).any()
    usually = np.nanmean(first)
    moved = distances(signal, around(way(768, 99), 50, 0.03, 2))
    assert usually < 0.5 and moved.min() > 0.7
    assert distances(signal, -usual[None])[0] > 1.3


def test_distances_are_about_those_of_the_whole_vectors() -> None:
    signal, usual = EmbeddingDistance(), way(1536, 0)
    distances(signal, around(usual, 500, 0.01, 1))
    for seed in range(10):
        other = usual + way(1536, 10 + seed)
        real = 1 - float(other @ usual / np.linalg.norm(other))
        assert distances(signal, other[None])[0] == pytest.approx(real, abs=0.3)


def test_a_collapse_brings_the_distance_to_nothing() -> None:
    signal = EmbeddingDistance()
    varied = distances(signal, around(way(256, 0), 300, 0.1, 1))
    same = distances(signal, np.repeat(way(256, 5)[None], 20_000, axis=0))
    assert np.nanmedian(varied) > 0.3 and same[0] > 0.5 and same[-1] < 0.01


def test_each_series_has_a_usual_of_its_own_and_broken_vectors_are_not_part_of_it() -> None:
    signal = EmbeddingDistance()
    distances(signal, around(way(64, 0), 100, 0.02, 1), series=0)
    distances(signal, around(way(64, 7), 100, 0.02, 1), series=3)
    assert distances(signal, way(64, 0)[None], series=3)[0] > 0.5
    before = distances(signal, way(64, 0)[None], series=0)[0]
    assert np.isnan(distances(signal, np.zeros((1000, 64)), series=0)).all()
    assert distances(signal, way(64, 0)[None], series=0)[0] == pytest.approx(before, abs=0.01)
