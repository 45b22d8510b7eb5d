"""Roles as background processes of the operating system."""

from rinq.fleet.fleet import Fleet
from rinq.fleet.processes import FleetProcess
from rinq.fleet.run import Run

__all__ = ["Fleet", "FleetProcess", "Run"]
