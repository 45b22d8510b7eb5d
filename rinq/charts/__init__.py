"""Metrics as pictures: what each chart draws, which charts stand on which page, and their export.

A chart draws one metric on given ``matplotlib`` Axes, in the span and colours of a ``view.View``;
``pages`` lists the charts; ``picture`` turns a figure into SVG or PNG. Only what loads no
plotting library is imported here.
"""

from rinq.charts.words import EVENT_WORDS

__all__ = ["EVENT_WORDS"]
