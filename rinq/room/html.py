"""The message line, the counts and the paths as HTML; ``Markup`` escapes every text in them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from rinq.charts import amounts
from rinq.queue import Status


def clock(when: float) -> str:
    """14:03:22."""
    return time.strftime("%H:%M:%S", time.localtime(when))


def joined(parts: Sequence[str]) -> Markup:
    return Markup().join(parts)


def swatch(status: str | None) -> Markup:
    """A small square in the colour and the hatch of a status."""
    return Markup('<i class="q-swatch q-{}"></i>').format(status)


def message(sign: str, when: float, text: str, earlier: Sequence[str]) -> Markup:
    """The message line; its tooltip holds the earlier ones."""
    line = Markup('<div title="{}">{} {} {}</div>')
    return line.format("\n".join(earlier), sign, clock(when), text)


def error(why: str) -> Markup:
    """What is wrong with what was typed; nothing for ''."""
    return Markup("✕ {}").format(why) if why else Markup()


def pill(running: int, speed: float, when: float, *words: str) -> Markup:
    """How many run, and that the panel is alive; the speed, where queue time is not real time."""
    state = Markup('<i class="q-running">●</i> {} running').format(running)
    pace = "" if speed == 1 else f" · speed {speed:g}"
    return Markup(
        '<span class="q-pill">{}{}{}<span class="q-live"> · live {}</span></span>'
    ).format(
        state if running else "○ nothing running",
        pace,
        "".join(f" · {word}" for word in words),
        clock(when),
    )


def paths(files: Path, database: Path) -> Markup:
    """Where a learner finds what the processes make."""
    return Markup("<small>Files: {}<br>Queue: {}</small>").format(files, database)


def tiles(counts: Mapping[Status, int], before: Mapping[Status, int], window: float) -> Markup:
    """The five counts, and by how much each changed in the last ``window`` queue seconds."""
    tile = Markup('<div title="{:,} {}">{}{}<b>{}</b><small>{} in {}</small></div>')
    return joined(
        [
            tile.format(
                counts[status],
                status,
                swatch(status),
                status,
                amounts.count(counts[status]),
                amounts.change(counts[status] - before[status]),
                amounts.duration(window),
            )
            for status in Status
        ]
    )


def progress(settled: int, target: int, per_second: float) -> Markup:
    """How far it is to a number of settled jobs; ``per_second`` are real seconds."""
    share = min(1, settled / target)
    left = (target - settled) / per_second if per_second > 0 else 0
    about = f" · about {amounts.duration(left)} left" if left > 0 else ""
    return Markup(
        '<span class="q-bar"><i style="width:{:.1%}"></i></span><small>{} of {} {}</small>'
    ).format(
        share,
        amounts.count(settled),
        amounts.count(target),
        "reached" if settled >= target else f"settled{about}",
    )
