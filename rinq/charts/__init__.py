"""Metrics as pictures on matplotlib Axes."""
