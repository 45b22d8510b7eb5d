"""How numbers are written: counts, durations and shares, short and of even width."""

# ruff: noqa: PLR2004, RUF001, RUF002 (numbers and their signs are the matter here)

from __future__ import annotations

import math

STEPS = (1, 2, 2.5, 5)


def count(n: int) -> str:
    """9,412 · 12.4k · 102k · 1.25M."""
    if n < 10_000:
        return f"{n:,}"
    if n < 999_500:
        return f"{n / 1000:.1f}k" if n < 99_950 else f"{n / 1000:.0f}k"
    return f"{n / 1e6:.2f}M"


def tick(n: float) -> str:
    """Of an axis: 0.25 · 5,000 · 25k · 1M."""
    for scale, unit in ((1e6, "M"), (1e3, "k")):
        if n >= scale and n >= 10_000:
            return f"{n / scale:g}{unit}"
    return f"{n:,.4g}" if n < 1000 else f"{n:,.0f}"


def change(n: int) -> str:
    """+15 · −3 · ±0."""
    return "±0" if n == 0 else f"{'+' if n > 0 else '−'}{count(abs(n))}"


def duration(seconds: float) -> str:
    """60 s · 2 min · 2m 05s · 2 h · 2h 14m."""
    whole = round(seconds)
    if whole <= 60:
        return f"{seconds:.2g} s" if seconds < 1 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if whole < 3600:
        return f"{minutes}m {rest:02}s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if minutes else f"{hours} h"


def measured(seconds: float) -> str:
    """0.42 s · 12.3 s · 2m 05s; – where nothing was measured."""
    if math.isnan(seconds):
        return "–"
    return (
        f"{seconds:.2f} s"
        if seconds < 1
        else f"{seconds:.1f} s"
        if seconds < 60
        else duration(seconds)
    )


def share(part: float) -> str:
    """A share from 0 to 1 as whole percent; – where nothing was counted."""
    return "–" if math.isnan(part) else f"{part:.0%}"


def rate(per_second: float) -> str:
    """3.0/min · 0.27/s · 38.6/s · 338/s."""
    if per_second >= 0.1 or not per_second:
        digits = 0 if per_second >= 100 or not per_second else 1 if per_second >= 10 else 2
        return f"{per_second:,.{digits}f}/s"
    return f"{per_second * 60:.1f}/min" if per_second >= 0.1 / 60 else f"{per_second * 3600:.1f}/h"


def ticks(top: float, *, most: int = 4, whole: bool = True) -> list[float]:
    """Numbers from 0 to ``top`` or just above, in at most ``most`` even steps."""
    scale = 1.0 if whole or not top else 10.0 ** math.floor(math.log10(top / most))
    while True:
        for step in STEPS:
            width = step * scale
            if (width == int(width) or not whole) and width * most >= top:
                return [width * i for i in range(max(1, math.ceil(top / width)) + 1)]
        scale *= 10
