"""The control room: a panel in a notebook that runs a queue's processes and shows it live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rinq.charts.pages import PAGES
from rinq.charts.picture import snapshot_png
from rinq.config import Config
from rinq.queue import Status
from rinq.room.actions import DONE, REFUSED
from rinq.room.connection import RoomConnection
from rinq.room.live_panel import LivePanel
from rinq.room.panel import Panel
from rinq.room.presses import Presses


class ControlRoom:
    """Start and stop the roles of one queue by name, and watch its jobs.

    All widget updates run on the event loop on which it was made, the kernel's, and what
    may take long runs in a thread. Without a running loop each press is carried out, and
    the panel updated, before the callback returns. Processes that were started here end
    with this program.

    Args:
        config: a ``Config``, or the path of a config file; without one, ``config.yaml``
            of the current directory, if it is there. The panel says what is wrong with it,
            and tries again until it can be read.
        within: where others may see the panel: what they type into its Config field is only
            opened if it lies, with the files that it names, below this folder.
    """

    def __init__(
        self, config: Config | Path | str | None = None, *, within: Path | str | None = None
    ) -> None:
        below = None if within is None else Path(within)
        self._connection = RoomConnection(config, self._replaced, below)
        self._panel = Panel()
        self._live = LivePanel(self._panel, self._connection)
        self._presses = Presses(self._live, self._connection)
        if isinstance(config, Path | str):
            self._panel.config.value = str(config)
        self._live.open()

    @property
    def config(self) -> Config:
        """The config as read. Raises: ConfigError."""
        return self._connection.fleet().config

    def close(self) -> None:
        """Refresh no more, and stop the processes that were started here."""
        self._connection.close()
        self._live.bridge.call(self._closed)

    def __repr__(self) -> str:
        return "The control room: run this cell to open it."

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        shown: dict[str, Any] = self._panel.root._repr_mimebundle_(**options)
        return {**shown, "image/png": self._picture(), "text/plain": repr(self)}

    def _picture(self) -> bytes:
        """The Overview as a PNG under a line of counts, for where no widget is shown."""
        state = self._live.state
        figures = [chart.figure(state.snapshot) for chart in PAGES["Overview"]]
        counts = ", ".join(f"{state.totals[status]:,} {status}" for status in Status)
        return snapshot_png(figures, f"Control room: {counts}.")

    def _closed(self) -> None:
        self._live.show(self._live.read(self._panel.view_options()))
        self._live.say(DONE, "The room is closed; what was started in it has stopped.")

    def _replaced(self) -> None:
        why = "This queue was opened in a newer room; this one is no longer updated."
        self._live.bridge.call(self._live.say, REFUSED, why)
