"""Fault plans: which faults hit which processes, and when."""
