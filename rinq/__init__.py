"""rinq: a durable job queue in SQLite, its four roles, and a laboratory around it.

Names are handed out when first asked for, so that a background process loads no
more than it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from rinq.lazy import lazy_names

if TYPE_CHECKING:
    from rinq.charts.cell import chart as chart
    from rinq.config import Config as Config
    from rinq.errors import RinqError as RinqError
    from rinq.files import Files as Files
    from rinq.fleet.fleet import Fleet as Fleet
    from rinq.fleet.run import Run as Run
    from rinq.judge.judging import check as check
    from rinq.lab.audit.auditor import audit as audit
    from rinq.lab.experiment import Experiment as Experiment
    from rinq.lab.scenario import Scenario as Scenario
    from rinq.lab.simulation.simulation import simulate as simulate
    from rinq.queue import Claim as Claim
    from rinq.queue import Job as Job
    from rinq.queue import PersistentQ as PersistentQ
    from rinq.queue import PersistentQSQLite as PersistentQSQLite
    from rinq.queue import Status as Status
    from rinq.queue import open_queue as open_queue
    from rinq.roles.cleaner import Cleaner as Cleaner
    from rinq.roles.consumer import Consumer as Consumer
    from rinq.roles.interface import PersistentQInterface as PersistentQInterface
    from rinq.roles.manager import Manager as Manager
    from rinq.roles.producer import Producer as Producer
    from rinq.room.control_room import ControlRoom as ControlRoom

    __version__: str

_HOMES = {
    "Claim": "rinq.queue",
    "Cleaner": "rinq.roles.cleaner",
    "Config": "rinq.config",
    "Consumer": "rinq.roles.consumer",
    "ControlRoom": "rinq.room.control_room",
    "Experiment": "rinq.lab.experiment",
    "Files": "rinq.files",
    "Fleet": "rinq.fleet.fleet",
    "Job": "rinq.queue",
    "Manager": "rinq.roles.manager",
    "PersistentQ": "rinq.queue",
    "PersistentQInterface": "rinq.roles.interface",
    "PersistentQSQLite": "rinq.queue",
    "Producer": "rinq.roles.producer",
    "RinqError": "rinq.errors",
    "Run": "rinq.fleet.run",
    "Scenario": "rinq.lab.scenario",
    "Status": "rinq.queue",
    "audit": "rinq.lab.audit.auditor",
    "chart": "rinq.charts.cell",
    "check": "rinq.judge.judging",
    "open_queue": "rinq.queue",
    "simulate": "rinq.lab.simulation.simulation",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 (sorted strings)
_find, __dir__ = lazy_names(__name__, _HOMES)


def __getattr__(name: str) -> object:
    if name == "__version__":
        return str(import_module("importlib.metadata").version("rinq"))
    return _find(name)
