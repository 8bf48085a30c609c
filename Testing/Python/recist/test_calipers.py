"""Convex hull, rotating calipers and marching squares on whole numbers."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from ABCImmunoResponseLib.recist.calipers import convex_hull, longest_chord
from ABCImmunoResponseLib.recist.outline import outline_segments, outline_vertices

POINTS = st.lists(st.tuples(st.integers(-6, 6), st.integers(-9, 9)), min_size=1, max_size=60, unique=True).map(sorted)
PIXELS = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@given(POINTS, st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)))
def test_the_longest_chord_is_the_largest_distance(points, spacing):
    length, ends = longest_chord(np.array(points), spacing)
    scaled = np.array(points) * spacing
    assert length == pytest.approx(pdist(scaled).max() if len(points) > 1 else 0.0, rel=1e-12)
    assert np.linalg.norm((ends[1] - ends[0]) * spacing) == pytest.approx(length, rel=1e-12)
    assert {tuple(end) for end in ends.tolist()} <= set(points)


@given(POINTS)
def test_the_hull_is_that_of_qhull(points):
    hull = convex_hull(points)
    if np.linalg.matrix_rank(np.array(points) - points[0]) < 2:
        assert hull == ([points[0], points[-1]] if len(points) > 1 else points)
        return
    theirs = ConvexHull(np.array(points))
    assert sorted(hull) == sorted(map(tuple, theirs.points[theirs.vertices].astype(int).tolist()))


def test_equally_long_chords_give_the_smallest_pair():
    square = np.array([(0, 0), (0, 4), (4, 0), (4, 4)])
    assert longest_chord(square, (1.0, 1.0))[1].tolist() == [[0, 0], [4, 4]]


@given(PIXELS)
def test_segments_join_exactly_the_vertices_each_twice(pixels):
    vertices = [tuple(v) for v in outline_vertices(pixels).tolist()]
    ends = [tuple(end) for segment in outline_segments(pixels).tolist() for end in segment]
    assert len(set(vertices)) == len(vertices)
    assert sorted(ends) == sorted(vertices * 2)  # closed curves: two segments meet at every vertex


@given(PIXELS)
def test_the_outline_is_that_of_an_independent_contour(pixels):
    from skimage.measure import find_contours

    theirs = set()
    for line in find_contours(np.pad(pixels, 1).astype(float), 0.5, fully_connected="low"):
        doubled = np.rint(2 * (line - 1)).astype(int).tolist()
        theirs |= {frozenset(map(tuple, pair)) for pair in itertools.pairwise(doubled)}
    ours = {frozenset(map(tuple, segment)) for segment in outline_segments(pixels).tolist()}
    assert ours == theirs
