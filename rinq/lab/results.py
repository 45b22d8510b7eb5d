"""The results of an experiment as tidy frames, with confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# The two-sided 95% quantiles of Student's t for 1 to 30 degrees of freedom, then the normal's:
# Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, table 26.10.
T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
NORMAL95 = 1.960
ABOUT_THE_RUN = ("repeat", "seed", "verdict", "problems", "real_seconds")


class Results:
    """The runs of an experiment.

    Args:
        rows: parameters, verdict and measures of each run.
        parameters: the names of those that were varied.
        folder: where the runs are kept.
    """

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], parameters: Sequence[str], folder: Path
    ) -> None:
        self.rows = rows
        self.parameters = list(parameters)
        self.folder = folder

    def frame(self) -> pd.DataFrame:
        """One row a run: the varied parameters, ``repeat``, ``seed``, ``verdict``,
        ``problems`` (how many), ``real_seconds``, then the columns of ``Measures``."""
        import pandas as pd  # noqa: PLC0415 (loaded only when a frame is asked for)

        rows = [{**row, "problems": len(row["problems"])} for row in self.rows]
        frame = pd.DataFrame(rows)
        for name in self.parameters:  # a list cannot be grouped by
            frame[name] = [v if isinstance(v, int | float) else str(v) for v in frame[name]]
        return frame

    def summary(self) -> pd.DataFrame:
        """One row a case and measure: the parameters, ``measure``, ``n`` (runs in which there
        was something to measure), ``mean``, ``low`` and ``high``.

        ``low`` and ``high`` are the 95% confidence interval of the mean, by Student's t over
        the independent runs; NaN where there is only one.
        """
        import pandas as pd  # noqa: PLC0415

        frame = self.frame()
        measures = [c for c in frame if c not in {*self.parameters, *ABOUT_THE_RUN}]
        groups = frame.groupby(self.parameters, sort=False) if self.parameters else [((), frame)]
        rows = []
        for case, runs in groups:
            for name in measures:
                values = [float(value) for value in runs[name].dropna()]
                mean, half = confidence(values)
                known = dict(zip(self.parameters, case, strict=True))
                interval = {"n": len(values), "mean": mean, "low": mean - half, "high": mean + half}
                rows.append({**known, "measure": name, **interval})
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        verdicts = sorted({row["verdict"] for row in self.rows})
        return f"{len(self.rows)} runs, {' and '.join(verdicts)}"


def confidence(values: Sequence[float]) -> tuple[float, float]:
    """The mean of independent values, and half the width of its 95% confidence interval."""
    n = len(values)
    if not n:
        return math.nan, math.nan
    mean = math.fsum(values) / n
    if n == 1:
        return mean, math.nan
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    t = T95[n - 2] if n - 2 < len(T95) else NORMAL95
    return mean, t * math.sqrt(variance / n)
