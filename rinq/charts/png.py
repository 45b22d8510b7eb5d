"""A figure as a picture in a notebook's cell, which stays when the notebook is saved."""

from __future__ import annotations

import io
import math
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SHARP = 2  # pixels of the picture per pixel on the page


class Png:
    """``finding`` is what the figure shows, as a sentence; ``png`` the picture's bytes.

    Args:
        name: what stands for it in text; the same from run to run, as the finding is not.
        widest: px on the page.
    """

    def __init__(
        self, figure: Figure, name: str, finding: str, *, widest: float = math.inf
    ) -> None:
        self.finding = finding
        self._name = name
        self._width = min(widest, figure.get_figwidth() * figure.dpi)
        file = io.BytesIO()
        FigureCanvasAgg(figure).figure.savefig(
            file, format="png", dpi=SHARP * figure.dpi, metadata={"Description": finding}
        )
        self.png = file.getvalue()

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/png": self.png, "text/plain": repr(self)}
        return data, {"image/png": {"width": round(self._width)}}
