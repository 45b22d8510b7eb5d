"""A fleet in virtual time: the real roles and the real SQL, a day in a second or two."""

from rinq.lab.simulation.simulation import Simulation, simulate
from rinq.lab.simulation.world import VIRTUAL_ROLES

__all__ = ["VIRTUAL_ROLES", "Simulation", "simulate"]
