"""The control room: its widgets, its HTML, and what a press does. ``rinq.ControlRoom`` opens it."""
