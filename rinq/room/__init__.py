"""The control room: its widgets, its HTML, what its buttons do. ``rinq.ControlRoom`` opens it."""
