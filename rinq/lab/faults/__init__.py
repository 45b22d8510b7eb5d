"""Fault plans: which faults hit which processes, and when."""

from rinq.lab.faults.plan import FaultPlan
from rinq.lab.faults.runner import FaultPlanRunner

__all__ = ["FaultPlan", "FaultPlanRunner"]
