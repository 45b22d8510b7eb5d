"""The span of time of a chart, and its buckets."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from rinq.charts.view import View


@pytest.mark.parametrize("now", [1000.0, 1003.7, 1009.999])
def test_buckets_fill_the_window_and_do_not_move_with_it(now):
    edges = View(now, 60.0).bucket_edges(6).tolist()
    assert edges[0] == now - 60
    assert edges[-1] > now
    assert edges == sorted(edges)
    assert all(edge % 10 == 0 for edge in edges[1:-1])
    whole = [a for a, b in itertools.pairwise(edges) if b - a == pytest.approx(10)]
    assert len(whole) >= 5


def test_the_buckets_of_a_whole_run_begin_with_it_and_divide_it_evenly():
    edges = View(1007.0, 60.0, whole_run=True).bucket_edges(6)
    assert edges.tolist() == pytest.approx([947, 957, 967, 977, 987, 997, 1007])
    assert edges[-1] > 1007


def test_steps_do_not_move_with_the_window():
    before, after = (set(View(now, 60.0).step_edges(120).round(6)) for now in (1000.0, 1000.2))
    assert len(before & after) >= 119
    assert len(before) <= 122


def test_times_outside_the_window_lie_at_its_ends():
    at = pd.Series([1.0, 940.0, 990.0, 2000.0, float("nan")])
    x = View(1000.0, 60.0).x(at)
    assert x[:4].tolist() == [-60, -60, -10, 0]
    assert pd.isna(x[4])


def test_the_window_is_given_as_text():
    assert View(1000.0, 120.0).last == "last 2 min"
